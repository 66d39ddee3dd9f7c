package io.coordination.aop

import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout

/**
 * Work that goes on after it was cancelled, until it is told to end.
 */
class StubbornWork(private val kind: Kind) {

	enum class Kind {

		NON_CANCELLABLE, FINALLY, BLOCKING, ON_ANOTHER_DISPATCHER, IN_A_CHILD, IN_A_DETACHED_CHILD

	}

	private val blocking = CountDownLatch(1)

	private val entered = CompletableDeferred<Unit>()

	private val end = CompletableDeferred<Unit>()

	@Volatile
	var isRunning = false
		private set

	suspend fun awaitEntered() = withTimeout(10_000) { entered.await() }

	fun end() {
		blocking.countDown()
		end.complete(Unit)
	}

	suspend fun run() {
		when (kind) {
			Kind.NON_CANCELLABLE -> withContext(NonCancellable) { untilTold() }
			Kind.FINALLY -> untilToldAfterCancellation()
			Kind.BLOCKING -> block()
			Kind.ON_ANOTHER_DISPATCHER -> withContext(Dispatchers.IO) { block() }
			Kind.IN_A_CHILD -> coroutineScope { launch { untilToldAfterCancellation() } }
			Kind.IN_A_DETACHED_CHILD -> coroutineScope {
				launch(NonCancellable) { untilTold() }
				awaitCancellation()
			}
		}
	}

	private suspend fun untilTold() {
		begin()
		end.await()
		isRunning = false
	}

	private suspend fun untilToldAfterCancellation() {
		begin()
		try {
			awaitCancellation()
		}
		finally {
			withContext(NonCancellable) { end.await() }
			isRunning = false
		}
	}

	private fun block() {
		begin()
		check(blocking.await(20, TimeUnit.SECONDS))
		isRunning = false
	}

	private fun begin() {
		isRunning = true
		entered.complete(Unit)
	}

}
