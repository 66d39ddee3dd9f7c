package io.coordination.aop

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.flow.emptyFlow
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.Test
import org.springframework.boot.autoconfigure.AutoConfigurations
import org.springframework.boot.test.context.runner.ApplicationContextRunner

/**
 * Functions of Kotlin that are refused before the application has started.
 */
class KotlinStartUpTests {

	@Test
	fun aSuspendingFunctionThatReturnsSomethingLate() {
		assertThat(refusal(SuspendsAndFlows::class.java))
			.contains("the method returns kotlinx.coroutines.flow.Flow, so its work would go on")
			.contains("A Flow is for a function that is not suspending: it is locked for each collection.")
		assertThat(refusal(SuspendsAndDefers::class.java))
			.contains("the method returns kotlinx.coroutines.Deferred, so its work would go on")
	}

	@Test
	fun hotFlowsAndDeferredResults() {
		assertThat(refusal(Hot::class.java)).contains("the method returns kotlinx.coroutines.flow.SharedFlow")
		assertThat(refusal(Defers::class.java)).contains("the method returns kotlinx.coroutines.Deferred")
	}

	@Test
	fun skippingWhatCannotBeNull() {
		assertThat(refusal(SkipsNumber::class.java))
			.contains("onBusy = SKIP, but a call that is skipped has no java.lang.Integer to return.")
			.contains("Return Integer? (null when skipped), or use onBusy = THROW or a fallbackMethod.")
		assertThat(refusal(SkipsText::class.java)).contains("has no java.lang.String to return.")
	}

	@Test
	fun fallbacksThatDoNotFit() {
		assertThat(refusal(FallsWrongly::class.java))
			.contains("its fallbackMethod 'fallback' has other parameters or another return type")
			.contains("Declare 'String fallback(String)'")
		assertThat(refusal(FallsSuspending::class.java))
			.contains("its fallbackMethod 'fallback' has other parameters or another return type")
	}

	@Test
	fun whatIsNotOpen() {
		assertThat(refusal(FinalClass::class.java)).contains("the method is final").contains("add 'open'")
			.contains("kotlin-spring")
		assertThat(refusal(FinalMethod::class.java)).contains("the method is final").contains("add 'open'")
			.contains("kotlin-spring")
	}

	private fun refusal(type: Class<*>): String {
		var message = "started"
		ApplicationContextRunner().withConfiguration(AutoConfigurations.of(*LockedFixture.CONFIGURATION))
			.withPropertyValues("coordination.backend=memory")
			.withBean(type)
			.run { context ->
				context.startupFailure?.let { failure ->
					val cause = generateSequence(failure) { it.cause }.first { it is InvalidDistributedLockException }
					message = (cause as InvalidDistributedLockException).analysis().run { "$description $action" }
				}
			}
		return message
	}

	open class SuspendsAndFlows {

		@DistributedLock
		open suspend fun work(): Flow<Int> = emptyFlow()

	}

	open class SuspendsAndDefers {

		@DistributedLock
		open suspend fun work(): Deferred<Int> = CompletableDeferred(1)

	}

	open class Hot {

		@DistributedLock
		open fun work(): SharedFlow<Int> = MutableSharedFlow()

	}

	open class Defers {

		@DistributedLock
		open fun work(): Deferred<Int> = CompletableDeferred(1)

	}

	open class SkipsNumber {

		@DistributedLock(onBusy = OnBusy.SKIP)
		open suspend fun work(): Int = 1

	}

	open class SkipsText {

		@DistributedLock(onBusy = OnBusy.SKIP)
		open suspend fun work(): String = ""

	}

	@Suppress("unused")
	open class FallsWrongly {

		@DistributedLock(fallbackMethod = "fallback")
		open suspend fun work(key: String): String = key

		private suspend fun fallback(key: String): Int = key.length

	}

	@Suppress("unused")
	open class FallsSuspending {

		@DistributedLock(fallbackMethod = "fallback")
		open fun work(key: String): Any = key

		private suspend fun fallback(key: String): Any = key

	}

	class FinalClass {

		@DistributedLock
		fun work() = Unit

	}

	open class FinalMethod {

		@DistributedLock
		fun work() = Unit

	}

}
