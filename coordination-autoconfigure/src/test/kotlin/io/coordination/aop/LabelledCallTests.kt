package io.coordination.aop

import java.util.concurrent.CopyOnWriteArrayList

import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.Test

import io.coordination.lock.event.LockAcquired
import io.coordination.lock.event.LockListener

/**
 * What the locks of suspending functions and flows are counted under.
 */
internal class LabelledCallTests : LockedFixture<LabelledCallTests.Service>(Service::class.java) {

	private val acquired = CopyOnWriteArrayList<String>()

	@Test
	fun aNameIsTheLabel() {
		val listener = LockListener { event ->
			if (event is LockAcquired) {
				acquired.add(event.name() + " as " + event.label())
			}
		}
		run(runner().withBean(LockListener::class.java, { listener }), Visit { service ->
			runBlocking {
				service.suspending(1)
				service.flow(2).toList()
				service.nameless(3)
			}
		})
		assertThat(acquired).containsExactly("stock:1 as stock", "stock:2 as stock",
				":3 as " + Service::class.java.name + ".nameless")
	}

	open class Service {

		@DistributedLock(name = "stock", key = "#key")
		open suspend fun suspending(key: Long): String {
			delay(1)
			return "done"
		}

		@DistributedLock(name = "stock", key = "#key")
		open fun flow(key: Long): Flow<Long> = flowOf(key)

		@DistributedLock(key = "#key")
		open suspend fun nameless(key: Long): String {
			delay(1)
			return "done"
		}

	}

}
