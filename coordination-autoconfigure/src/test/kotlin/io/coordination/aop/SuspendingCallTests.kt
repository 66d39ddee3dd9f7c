package io.coordination.aop

import java.util.concurrent.atomic.AtomicReference

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.reactor.asCoroutineDispatcher
import kotlinx.coroutines.reactor.awaitSingle
import kotlinx.coroutines.reactor.mono
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.assertThatExceptionOfType
import org.assertj.core.api.Assertions.assertThatIllegalArgumentException
import org.awaitility.Awaitility
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.springframework.beans.factory.ObjectProvider
import org.springframework.beans.factory.annotation.Autowired
import reactor.core.scheduler.Schedulers

import io.coordination.lock.LockKeyException
import io.coordination.lock.LockLostException
import io.coordination.lock.LockNotAcquiredException

/**
 * Suspending functions of Kotlin.
 */
@Timeout(30)
internal class SuspendingCallTests : LockedFixture<SuspendingCallTests.Service>(Service::class.java) {

	private val scope = CoroutineScope(Dispatchers.Default)

	@Test
	fun returnsWhatTheFunctionReturns() = visit { service ->
		assertThat(service.run("a") { "done" }).isEqualTo("done")
		assertThat(service.run("a") { 42 }).isEqualTo(42)
		assertThat(service.run<String?>("a") { null }).isNull()
		assertThat(service.nothing("a") { }).isEqualTo(Unit)
		assertThat(held()).isEmpty()
	}

	@Test
	fun holdsTheLockUntilTheFunctionHasEnded() = visit { service ->
		val end = CompletableDeferred<String>()
		val first = scope.async { service.run("a") { delay(1); end.await() } }
		Awaitility.await().until { held() == listOf("work:a") }
		val second = scope.async { service.run("a") { end.isCompleted } }
		assertThat(service.run("b") { "another" }).isEqualTo("another")
		assertThat(second.isCompleted).isFalse()
		end.complete("done")
		assertThat(first.await()).isEqualTo("done")
		assertThat(second.await()).isTrue()
		assertThat(held()).isEmpty()
	}

	@Test
	fun holdsTheLockUntilTheChildrenHaveEnded() = visit { service ->
		val seen = AtomicReference<List<String>>()
		service.run("a") {
			coroutineScope {
				launch {
					delay(20)
					seen.set(held())
				}
			}
		}
		assertThat(seen.get()).containsExactly("work:a")
		assertThat(held()).isEmpty()
	}

	@Test
	fun releasesWhenTheFunctionFails() = visit { service ->
		assertThatIllegalArgumentException()
			.isThrownBy { runBlocking { service.run("a") { throw IllegalArgumentException("of the function") } } }
			.withMessage("of the function")
		assertThat(held()).isEmpty()
	}

	@Test
	fun aBusyLockIsAnsweredAsTheAnnotationSays() = visit { service ->
		registry().acquire("work:a").use {
			assertThatExceptionOfType(LockNotAcquiredException::class.java)
				.isThrownBy { runBlocking { service.once("a") } }
			assertThat(service.skips("a")).isNull()
			assertThat(service.skipsNothing("a")).isEqualTo(Unit)
			assertThat(service.entered).isFalse()
			assertThat(service.falls("a")).startsWith("suspended fallback for a: ")
			assertThat(service.fallsFlat("a")).isEqualTo("fallback for a")
			assertThatExceptionOfType(OwnException::class.java)
				.isThrownBy { runBlocking { service.own("a") } }
		}
		assertThat(service.skips("a")).isEqualTo("a")
	}

	@Test
	fun aLockThatWasLostIsAnErrorAtTheEnd() = visit { service ->
		assertThatExceptionOfType(LockLostException::class.java)
			.isThrownBy { runBlocking { service.brief { delay(200) } } }
		assertThat(service.briefAllTheSame { delay(200); "done" }).isEqualTo("done")
		assertThatExceptionOfType(LockLostException::class.java).`as`("at once")
			.isThrownBy { runBlocking { service.interrupted { awaitCancellation() } } }
		assertThat(held()).isEmpty()
	}

	@Test
	fun whatALossInterruptsKeepsTheLockUntilItHasEnded() = visit { service ->
		val work = StubbornWork(StubbornWork.Kind.NON_CANCELLABLE)
		val call = scope.async { runCatching { service.interrupted { work.run() } } }
		work.awaitEntered()
		delay(200)
		assertThat(call.isCompleted).isFalse()
		work.end()
		assertThat(call.await().exceptionOrNull()).isInstanceOf(LockLostException::class.java)
	}

	@Test
	fun knowsItsLocksOnEachThread() = visit { service ->
		service.run("a") {
			assertThat(LockContext.current().names()).containsExactly("work:a")
			assertThat(ReactiveLockContext.current().awaitSingle().names()).containsExactly("work:a")
			withContext(Dispatchers.IO) {
				assertThat(LockContext.current().names()).containsExactly("work:a")
				delay(1)
				assertThat(LockContext.current().fencingToken()).isPositive()
			}
			coroutineScope { launch { assertThat(LockContext.current().names()).containsExactly("work:a") } }
		}
		assertThat(LockContext.find()).isEmpty()
		assertThat(service.token("a", 0)).isPositive()
	}

	@Test
	fun entersAgainWhatACallAroundHolds() = visit { service ->
		assertThat(service.around("a")).isEqualTo("inner")
		assertThat(held()).isEmpty()
	}

	@Test
	fun keysDoNotSeeTheContinuation() = visit { service ->
		assertThat(service.byPosition("a") { held() }).containsExactly("work:a")
		assertThat(service.byRoot("a") { held() }).containsExactly("work:2")
		assertThatExceptionOfType(LockKeyException::class.java)
			.isThrownBy { runBlocking { service.once(null) } }
		assertThat(service.unnamed { held() })
			.containsExactly(Service::class.java.name + "#unnamed(kotlin.jvm.functions.Function0)")
	}

	@Test
	fun runsWithoutTheLockWhereTheConditionIsFalse() = visit { service ->
		assertThat(service.conditional(true) { held() }).containsExactly("work")
		assertThat(service.conditional(false) { held() }).isEmpty()
	}

	@Test
	fun afterTheInvocationIsAfterItsEnd() = visit { service ->
		assertThat(service.afterInvocation { delay(10); held() }).containsExactly("work")
		assertThat(held()).isEmpty()
	}

	@Test
	fun keepsTheLockForItsMinimumTime() = visit { service ->
		service.throttled()
		assertThatExceptionOfType(LockNotAcquiredException::class.java)
			.isThrownBy { runBlocking { service.throttled() } }
	}

	@Test
	fun runsInTheContextOfItsCaller() = visit { service ->
		val thread = withContext(Dispatchers.Default + CoroutineName("caller")) {
			service.run("a") {
				delay(1)
				Thread.currentThread().name + " " + currentCoroutineContext()[CoroutineName]?.name
			}
		}
		assertThat(thread).startsWith("DefaultDispatcher-worker").endsWith(" caller")
	}

	@Test
	fun runsOnThreadsThatMustNotBeBlocked() = visit { service ->
		registry().acquire("work:a").use { other ->
			val call = mono(Schedulers.parallel().asCoroutineDispatcher()) {
				service.run("a") { Schedulers.isInNonBlockingThread() }
			}.toFuture()
			assertThat(call).isNotDone()
			other.release()
			assertThat(call.get()).isTrue()
		}
	}

	private fun visit(body: suspend (Service) -> Unit) = run(Visit { service -> runBlocking { body(service) } })

	class OwnException(message: String, cause: Throwable) : RuntimeException(message, cause)

	@Suppress("unused") // Fallback methods are called by name
	open class Service {

		@Autowired
		lateinit var self: ObjectProvider<Service>

		@Volatile
		open var entered = false

		@DistributedLock(name = "work", key = "#key")
		open suspend fun <T> run(key: String, body: suspend () -> T): T = body()

		@DistributedLock(name = "work", key = "#key")
		open suspend fun nothing(key: String, body: suspend () -> Unit) = body()

		@DistributedLock(name = "work", key = "#key", waitTime = "0")
		open suspend fun once(key: String?): String? = key

		@DistributedLock(name = "work", key = "#key", waitTime = "0", onBusy = OnBusy.SKIP)
		open suspend fun skips(key: String): String? = key

		@DistributedLock(name = "work", key = "#key", waitTime = "0", onBusy = OnBusy.SKIP)
		open suspend fun skipsNothing(key: String) {
			entered = true
		}

		@DistributedLock(name = "work", key = "#key", waitTime = "0", fallbackMethod = "fallback")
		open suspend fun falls(key: String): String = key

		private suspend fun fallback(key: String, busy: LockNotAcquiredException): String {
			delay(1)
			return "suspended fallback for $key: ${busy.message}"
		}

		@DistributedLock(name = "work", key = "#key", waitTime = "0", fallbackMethod = "flat")
		open suspend fun fallsFlat(key: String): String = key

		private fun flat(key: String) = "fallback for $key"

		@DistributedLock(name = "work", key = "#key", waitTime = "0", exception = OwnException::class)
		open suspend fun own(key: String): String = key

		@DistributedLock(name = "brief", maxHoldTime = "50ms")
		open suspend fun <T> brief(body: suspend () -> T): T = body()

		@DistributedLock(name = "brief", maxHoldTime = "50ms", onLost = OnLost.IGNORE)
		open suspend fun <T> briefAllTheSame(body: suspend () -> T): T = body()

		@DistributedLock(name = "brief", maxHoldTime = "50ms", onLost = OnLost.INTERRUPT)
		open suspend fun <T> interrupted(body: suspend () -> T): T = body()

		@DistributedLock(name = "work", key = "#key")
		open suspend fun token(key: String, @FencingToken token: Long): Long = token

		@DistributedLock(name = "work", key = "#key")
		open suspend fun around(key: String): String = self.getObject().run(key) { "inner" }

		@DistributedLock(name = "work", key = "#p0")
		open suspend fun <T> byPosition(key: String, body: () -> T): T = body()

		@DistributedLock(name = "work", key = "#root.args.size()")
		open suspend fun <T> byRoot(key: String, body: () -> T): T = body()

		@DistributedLock
		open suspend fun <T> unnamed(body: () -> T): T = body()

		@DistributedLock(name = "work", condition = "#locked")
		open suspend fun <T> conditional(locked: Boolean, body: () -> T): T = body()

		@DistributedLock(name = "work", release = ReleasePolicy.AFTER_INVOCATION)
		open suspend fun <T> afterInvocation(body: suspend () -> T): T = body()

		@Throttle(value = "throttled", every = "60s")
		open suspend fun throttled() = delay(1)

	}

}
