package io.coordination.aop

import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.assertThatThrownBy
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import reactor.core.publisher.Flux
import reactor.core.publisher.Mono

import io.coordination.lock.LockNotAcquiredException

/**
 * What a failure handler gives in place of a method whose work goes on after its return: the same type, or nothing.
 */
@Timeout(30)
internal class BusyAnswerTests : LockedFixture<BusyAnswerTests.Service>(Service::class.java) {

	@Test
	fun isWhatTheMethodReturns() = visit { service ->
		assertThat(service.mono("answer").block(PATIENCE)).isEqualTo("answer")
		assertThat(service.flux("answer").collectList().block(PATIENCE)).containsExactly("answer")
		assertThat(service.stage("answer").toCompletableFuture().join()).isEqualTo("answer")
		assertThat(service.flow("answer").toList()).containsExactly("answer")
		assertThat(service.suspending("answer")).isEqualTo("answer")
		assertThat(service.suspending("published")).isEqualTo("published")
	}

	@Test
	fun mayBeNothing() = visit { service ->
		assertThat(service.mono("nothing").blockOptional(PATIENCE)).isEmpty()
		assertThat(service.flux("nothing").collectList().block(PATIENCE)).isEmpty()
		assertThat(service.stage("nothing").toCompletableFuture().join()).isNull()
		assertThat(service.flow("nothing").toList()).isEmpty()
		assertThat(service.suspending("nothing")).isNull()
	}

	@Test
	fun mayFail() = visit { service ->
		val calls = listOf<suspend () -> Any?>(
			{ service.mono("failure").block(PATIENCE) },
			{ service.flux("failure").collectList().block(PATIENCE) },
			{ service.stage("failure").toCompletableFuture().get() },
			{ service.flow("failure").toList() },
			{ service.suspending("failure") }
		)
		for (call in calls) {
			assertThatThrownBy { runBlocking { call() } }.hasStackTraceContaining("NoSuchElementException: of the handler")
		}
	}

	private fun visit(body: suspend (Service) -> Unit) = run(runner().withBean(Handler::class.java), { service ->
		registry().acquire("work").use { runBlocking { body(service) } }
		assertThat(held()).isEmpty()
	})

	class Handler : LockFailureHandler {

		override fun handle(invocation: LockInvocation, busy: LockNotAcquiredException): Any? {
			val wanted = invocation.arguments().single() as String
			return when (wanted) {
				"nothing" -> null
				"failure" -> throw NoSuchElementException("of the handler")
				"published" -> Mono.just(wanted)
				else -> when (invocation.method().name) {
					"mono" -> Mono.just(wanted)
					"flux" -> Flux.just(wanted)
					"stage" -> CompletableFuture.completedFuture(wanted)
					"flow" -> flowOf(wanted)
					else -> wanted
				}
			}
		}

	}

	open class Service {

		@DistributedLock("work", waitTime = "0", failureHandler = Handler::class)
		open fun mono(wanted: String): Mono<String> = Mono.just("entered")

		@DistributedLock("work", waitTime = "0", failureHandler = Handler::class)
		open fun flux(wanted: String): Flux<String> = Flux.just("entered")

		@DistributedLock("work", waitTime = "0", failureHandler = Handler::class)
		open fun stage(wanted: String): CompletionStage<String> = CompletableFuture.completedFuture("entered")

		@DistributedLock("work", waitTime = "0", failureHandler = Handler::class)
		open fun flow(wanted: String): Flow<String> = flowOf("entered")

		@DistributedLock("work", waitTime = "0", failureHandler = Handler::class)
		open suspend fun suspending(wanted: String): String? = "entered"

	}

	companion object {

		private val PATIENCE = Duration.ofSeconds(10)

	}

}
