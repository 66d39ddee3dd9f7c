package io.coordination.aop

import java.util.concurrent.CompletableFuture

import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.ThreadContextElement
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import org.assertj.core.api.Assertions.assertThat
import org.awaitility.Awaitility
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource
import org.springframework.beans.factory.ObjectProvider
import org.springframework.beans.factory.annotation.Autowired

import io.coordination.lock.LockSpec

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
		val works = mutableListOf<StubbornWork>()
		var time = 50L
		// The time may be over before the body is entered, and then there is nothing to see
		while (works.none { it.isRunning }) {
			works += StubbornWork(StubbornWork.Kind.NON_CANCELLABLE)
			assertThat(withTimeoutOrNull(time) { service.run(works.last()) }).isNull()
			time *= 2
		}
		nobodyEntersBeforeTheEnd(service, works.first { it.isRunning }, Job().apply { complete() })
	}

	@Test
	fun nobodyEntersWhileABodyBeginsThatIsCancelledThen() = visit { service ->
		val work = StubbornWork(StubbornWork.Kind.NON_CANCELLABLE)
		val threshold = Threshold()
		val first = scope.launch(Dispatchers.Unconfined + threshold) { service.run(work) }
		threshold.awaitReached()
		first.cancel()
		// Whatever needs a thread of Reactor may have to wait for the one that is stopped
		repeat(20) {
			assertThat(registry().tryAcquire(LockSpec.of("work").withoutWaiting())).isEmpty()
			delay(10)
		}
		threshold.pass()
		nobodyEntersBeforeTheEnd(service, work, first)
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

	/**
	 * Stops a coroutine of its own that is about to run its first instruction, and has not been cancelled yet.
	 */
	private class Threshold : AbstractCoroutineContextElement(Key), ThreadContextElement<Unit> {

		private val reached = CompletableDeferred<Unit>()

		/** Awaited without heeding the interrupt that comes with the cancellation. */
		private val passed = CompletableFuture<Unit>()

		suspend fun awaitReached() = withTimeout(10_000) { reached.await() }

		fun pass() = passed.complete(Unit)

		@OptIn(ExperimentalCoroutinesApi::class)
		override fun updateThreadContext(context: CoroutineContext) {
			if (context.job.parent == null && reached.complete(Unit)) {
				passed.join()
			}
		}

		override fun restoreThreadContext(context: CoroutineContext, oldState: Unit) = Unit

		private companion object Key : CoroutineContext.Key<Threshold>

	}

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
