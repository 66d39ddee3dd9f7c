package io.coordination.aop

import kotlin.coroutines.EmptyCoroutineContext

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.reactor.asFlux
import kotlinx.coroutines.reactor.awaitSingle
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.assertThatExceptionOfType
import org.assertj.core.api.Assertions.assertThatIllegalStateException
import org.awaitility.Awaitility
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource
import org.junit.jupiter.params.provider.ValueSource

import io.coordination.lock.LockKeyException
import io.coordination.lock.LockLostException
import io.coordination.lock.LockNotAcquiredException

/**
 * Functions that return a flow of Kotlin.
 */
@Timeout(60)
internal class FlowCallTests : LockedFixture<FlowCallTests.Service>(Service::class.java) {

	private val scope = CoroutineScope(Dispatchers.IO)

	@Test
	fun locksEachCollection() = visit { service ->
		val flow = service.flow("a", flow { emit(held()) })
		assertThat(held()).isEmpty()
		assertThat(flow.toList()).containsExactly(listOf("work:a"))
		assertThat(flow.toList()).containsExactly(listOf("work:a"))
		assertThat(held()).isEmpty()
	}

	@Test
	fun holdsTheLockUntilTheCollectorIsDone() = visit { service ->
		val end = CompletableDeferred<Unit>()
		val first = scope.async {
			service.flow("a", (1..200).asFlow()).onEach { if (it == 200) end.await() }.toList().size
		}
		Awaitility.await().until { held() == listOf("work:a") }
		val second = scope.async { service.flow("a", flow { emit(end.isCompleted) }).first() }
		assertThat(second.isCompleted).isFalse()
		end.complete(Unit)
		assertThat(first.await()).isEqualTo(200)
		assertThat(second.await()).isTrue()
	}

	@Test
	fun hasReleasedWhenACollectionInPartReturns() = visit { service ->
		assertThat(service.flow("a", (1..100).asFlow()).take(1).toList()).containsExactly(1)
		assertThat(held()).isEmpty()
		assertThat(service.flow("a", (1..100).asFlow()).first()).isEqualTo(1)
		assertThat(held()).isEmpty()
	}

	@Test
	fun hasReleasedWhenItFails() = visit { service ->
		assertThatIllegalStateException()
			.isThrownBy { runBlocking { service.flow("a", flow<Int> { throw IllegalStateException("of the flow") }).toList() } }
			.withMessage("of the flow")
		assertThatIllegalStateException()
			.isThrownBy { runBlocking { service.flow("a", flowOf(1)).collect { throw IllegalStateException("collector") } } }
			.withMessage("collector")
		assertThatExceptionOfType(NoSuchElementException::class.java)
			.isThrownBy { runBlocking { service.fails().toList() } }
		assertThat(held()).isEmpty()
	}

	@ParameterizedTest
	@EnumSource(StubbornWork.Kind::class)
	fun nobodyEntersBeforeACancelledFlowHasEnded(kind: StubbornWork.Kind) = visit { service ->
		val work = StubbornWork(kind)
		val first = scope.launch { service.flow("a", flow<Int> { work.run() }).toList() }
		work.awaitEntered()
		first.cancel()
		repeat(20) {
			assertThat(service.skips("a").toList()).isEmpty()
			delay(10)
		}
		val next = scope.async { service.flow("a", flow { emit(work.isRunning) }).first() }
		assertThat(work.isRunning).isTrue()
		work.end()
		assertThat(next.await()).isFalse()
		first.join()
	}

	@Test
	fun nobodyEntersBeforeACancelledFluxHasEnded() = visit { service ->
		val work = StubbornWork(StubbornWork.Kind.NON_CANCELLABLE)
		val first = service.flow("a", flow<Int> { work.run() }).asFlux().subscribe()
		work.awaitEntered()
		first.dispose()
		repeat(20) {
			assertThat(service.skips("a").toList()).isEmpty()
			delay(10)
		}
		work.end()
		assertThat(service.flow("a", flowOf("next")).toList()).containsExactly("next")
	}

	@Test
	fun cancellingEndsTheWait() = visit { service ->
		registry().acquire("work:a").use {
			val waiting = scope.launch { service.flow("a", flowOf(1)).toList() }
			delay(20)
			waiting.cancelAndJoin()
		}
		assertThat(service.flow("a", flowOf(1)).toList()).containsExactly(1)
		Awaitility.await().until { held().isEmpty() }
	}

	@Test
	fun aBusyLockIsAnsweredAsTheAnnotationSays() = visit { service ->
		registry().acquire("work:a").use {
			assertThatExceptionOfType(LockNotAcquiredException::class.java)
				.isThrownBy { runBlocking { service.once("a").toList() } }
			assertThat(service.skips("a").toList()).isEmpty()
			assertThat(service.falls("a").toList()).containsExactly("fallback for a")
		}
		assertThat(service.falls("a").toList()).containsExactly("a")
	}

	@Test
	fun aRefusalThatTheFlowRunsIntoIsNotItsOwn() = visit { service ->
		assertThatExceptionOfType(LockNotAcquiredException::class.java)
			.isThrownBy {
				runBlocking { service.skips("a", flow { throw LockNotAcquiredException("of somebody else") }).toList() }
			}
			.withMessage("of somebody else")
	}

	@Test
	fun aLockThatWasLostIsAnErrorAtTheEnd() = visit { service ->
		val late = flow { delay(200); emit("done") }
		assertThatExceptionOfType(LockLostException::class.java)
			.isThrownBy { runBlocking { service.brief(late).toList() } }
		assertThat(service.briefAllTheSame(late).toList()).containsExactly("done")
		assertThatExceptionOfType(LockLostException::class.java).`as`("at once")
			.isThrownBy { runBlocking { service.interrupted(flow<Int> { awaitCancellation() }).toList() } }
		assertThat(held()).isEmpty()
	}

	@Test
	fun knowsItsLocks() = visit { service ->
		val names = flow {
			emit(LockContext.current().names())
			delay(1)
			emit(ReactiveLockContext.current().awaitSingle().names())
		}
		assertThat(service.flow("a", names).toList()).containsOnly(listOf("work:a")).hasSize(2)
		assertThat(service.flow("a", names.flowOn(Dispatchers.Default)).toList()).containsOnly(listOf("work:a"))
		assertThat(service.token("a", 0).first()).isPositive()
		assertThat(service.flow("a", names).onEach { delay(1) }.toList()).containsOnly(listOf("work:a")).hasSize(2)
		assertThat(LockContext.find()).isEmpty()
	}

	@ParameterizedTest
	@ValueSource(strings = ["EVENT_LOOP", "DEFAULT", "UNCONFINED"])
	fun isInsideOfItsLockAfterTheCollectorHasSuspended(dispatcher: String) = visit { service ->
		val context = when (dispatcher) {
			"DEFAULT" -> Dispatchers.Default
			"UNCONFINED" -> Dispatchers.Unconfined
			else -> EmptyCoroutineContext
		}
		val work = flow {
			repeat(3) { emit(LockContext.current().names() + service.blocking("a")) }
		}
		withContext(context) {
			for (flow in listOf(work, work.onEach { yield() }, work.buffer(0))) {
				val elements = service.flow("a", flow).onEach { delay(1) }.toList()
				assertThat(elements).hasSize(3).containsOnly(listOf("work:a", "a"))
			}
			assertThat(LockContext.find()).isEmpty()
		}
	}

	@Test
	fun keepsTheContextOfTheCollector() = visit { service ->
		val threads = flow { emit(Thread.currentThread().name) }
		assertThat(service.flow("a", threads).flowOn(Dispatchers.Default).first()).startsWith("DefaultDispatcher")
		assertThat(flow { emitAll(service.flow("a", flowOf(1))) }.toList()).containsExactly(1)
		assertThat(flow { emitAll(service.interrupted(flowOf(1))) }.toList()).containsExactly(1)
		assertThat(service.flow("a", channelFlow { launch { send(1) } }).toList()).containsExactly(1)
	}

	@Test
	fun entersAgainWhatACollectionAroundHolds() = visit { service ->
		val inner = service.flow("a", flowOf("inner"))
		assertThat(service.flow("a", flow { emitAll(inner) }).toList()).containsExactly("inner")
		assertThat(held()).isEmpty()
	}

	@Test
	fun aBadKeyIsAnErrorOfTheCollection() = visit { service ->
		val flow = service.once(null)
		assertThatExceptionOfType(LockKeyException::class.java).isThrownBy { runBlocking { flow.toList() } }
	}

	@Test
	fun runsWithoutTheLockWhereTheConditionIsFalse() = visit { service ->
		assertThat(service.conditional(true, flow { emit(held()) }).first()).containsExactly("work")
		assertThat(service.conditional(false, flow { emit(held()) }).first()).isEmpty()
	}

	private fun visit(body: suspend (Service) -> Unit) = run(Visit { service -> runBlocking { body(service) } })

	@Suppress("unused") // Fallback methods are called by name
	open class Service {

		@DistributedLock(name = "work", key = "#key")
		open fun <T> flow(key: String, work: Flow<T>): Flow<T> = work

		@DistributedLock(name = "work", key = "#key", waitTime = "0")
		open fun blocking(key: String): String = key

		@DistributedLock("work")
		open fun fails(): Flow<Int> = throw NoSuchElementException()

		@DistributedLock(name = "work", key = "#key", waitTime = "0")
		open fun once(key: String?): Flow<String> = flowOf(key.toString())

		@DistributedLock(name = "work", key = "#key", waitTime = "0", onBusy = OnBusy.SKIP)
		open fun skips(key: String, work: Flow<Int> = flowOf(1)): Flow<Int> = work

		@DistributedLock(name = "work", key = "#key", waitTime = "0", fallbackMethod = "fallback")
		open fun falls(key: String): Flow<String> = flowOf(key)

		private fun fallback(key: String): Flow<String> = flowOf("fallback for $key")

		@DistributedLock(name = "brief", maxHoldTime = "50ms")
		open fun <T> brief(work: Flow<T>): Flow<T> = work

		@DistributedLock(name = "brief", maxHoldTime = "50ms", onLost = OnLost.IGNORE)
		open fun <T> briefAllTheSame(work: Flow<T>): Flow<T> = work

		@DistributedLock(name = "brief", maxHoldTime = "50ms", onLost = OnLost.INTERRUPT)
		open fun <T> interrupted(work: Flow<T>): Flow<T> = work

		@DistributedLock(name = "work", key = "#key")
		open fun token(key: String, @FencingToken token: Long): Flow<Long> = flowOf(token)

		@DistributedLock(name = "work", condition = "#locked")
		open fun <T> conditional(locked: Boolean, work: Flow<T>): Flow<T> = work

	}

}
