package io.coordination.aop

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import org.assertj.core.api.Assertions.assertThat
import org.awaitility.Awaitility
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource
import org.springframework.beans.factory.ObjectProvider
import org.springframework.beans.factory.annotation.Autowired

/**
 * Suspending functions that are cancelled. Cancelling a coroutine does not end it: a lock that is released then is
 * given to a second caller while the first one still runs.
 */
@Timeout(60)
internal class SuspendingCancellationTests :
	LockedFixture<SuspendingCancellationTests.Service>(Service::class.java) {

	private val scope = CoroutineScope(Dispatchers.IO)

	@ParameterizedTest
	@EnumSource(StubbornWork.Kind::class)
	fun nobodyEntersBeforeACancelledBodyHasEnded(kind: StubbornWork.Kind) = visit { service ->
		val work = StubbornWork(kind)
		val first = scope.launch { service.run(work) }
		nobodyEntersBeforeTheEnd(service, work, first)
	}

	@Test
	fun nobodyEntersBeforeABodyThatIsCalledThroughAProxyHasEnded() = visit { service ->
		val work = StubbornWork(StubbornWork.Kind.NON_CANCELLABLE)
		val first = scope.launch { service.runThroughProxy(work) }
		nobodyEntersBeforeTheEnd(service, work, first)
	}

	@Test
	fun nobodyEntersBeforeABodyThatHasTimedOutHasEnded() = visit { service ->
		val work = StubbornWork(StubbornWork.Kind.NON_CANCELLABLE)
		val first = scope.launch { withTimeoutOrNull(1) { service.run(work) } ?: withTimeoutOrNull(1) { } }
		if (withTimeoutOrNull(1_000) { work.awaitEntered() } != null) {
			nobodyEntersBeforeTheEnd(service, work, first)
		}
		work.end()
		first.join()
		Awaitility.await().until { held().isEmpty() }
	}

	@Test
	fun aCancelledBodyThatEndsGivesTheLockBack() = visit { service ->
		val first = scope.launch { service.waitForEver() }
		Awaitility.await().until { held() == listOf("work") }
		first.cancelAndJoin()
		assertThat(service.next { "entered" }).isEqualTo("entered")
		Awaitility.await().until { held().isEmpty() }
	}

	@Test
	fun cancellingEndsTheWait() = visit { service ->
		registry().acquire("work").use { other ->
			val waiting = scope.launch { service.next { "entered" } }
			Awaitility.await().until { waiting.isActive }
			waiting.cancelAndJoin()
			assertThat(other.state().name).isEqualTo("HELD")
		}
		assertThat(service.next { "entered" }).isEqualTo("entered")
		Awaitility.await().until { held().isEmpty() }
	}

	@Test
	fun cancelledAtAnyMomentNothingRemainsHeldAndNoTwoAreInside() = visit { service ->
		repeat(300) { round ->
			val job = scope.launch { service.alone() }
			val other = scope.launch { service.alone() }
			if (round % 3 != 0) {
				delay((round % 5).toLong())
			}
			job.cancelAndJoin()
			other.join()
		}
		assertThat(service.collisions).isZero()
		Awaitility.await().until { held().isEmpty() }
	}

	private suspend fun nobodyEntersBeforeTheEnd(service: Service, work: StubbornWork, first: Job) {
		work.awaitEntered()
		first.cancel()
		repeat(20) {
			assertThat(service.skipped()).isNull()
			delay(10)
		}
		val next = scope.async { service.next { work.isRunning } }
		assertThat(work.isRunning).isTrue()
		work.end()
		assertThat(next.await()).isEqualTo(false)
		first.join()
	}

	private fun visit(body: suspend (Service) -> Unit) = run(Visit { service -> runBlocking { body(service) } })

	open class Service {

		@Autowired
		lateinit var self: ObjectProvider<Service>

		private val inside = java.util.concurrent.atomic.AtomicInteger()

		private val seen = java.util.concurrent.atomic.AtomicInteger()

		open val collisions: Int
			get() = seen.get()

		@DistributedLock("work")
		open suspend fun run(work: StubbornWork): String {
			work.run()
			return "ended"
		}

		@DistributedLock("work")
		open suspend fun runThroughProxy(work: StubbornWork) = self.getObject().elsewhere(work)

		@DistributedLock("another")
		open suspend fun elsewhere(work: StubbornWork) = work.run()

		@DistributedLock("work")
		open suspend fun waitForEver(): Unit = awaitCancellation()

		@DistributedLock("work")
		open suspend fun <T> next(body: () -> T): T = body()

		@DistributedLock("work", waitTime = "0", onBusy = OnBusy.SKIP)
		open suspend fun skipped(): String? = "entered"

		@DistributedLock("work")
		open suspend fun alone() {
			if (inside.incrementAndGet() > 1) {
				seen.incrementAndGet()
			}
			try {
				delay(1)
			}
			finally {
				Thread.onSpinWait()
				inside.decrementAndGet()
			}
		}

	}

}
