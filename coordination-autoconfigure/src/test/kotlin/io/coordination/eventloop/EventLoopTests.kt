package io.coordination.eventloop

import java.time.Duration
import java.util.concurrent.CompletionStage
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.ReentrantLock

import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.reactor.asCoroutineDispatcher
import kotlinx.coroutines.reactor.mono
import org.assertj.core.api.Assertions.assertThat
import org.awaitility.Awaitility
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource
import org.springframework.boot.autoconfigure.AutoConfigurations
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration
import org.springframework.boot.test.context.runner.ApplicationContextRunner
import reactor.blockhound.BlockHound
import reactor.blockhound.BlockingOperationError
import reactor.core.publisher.Flux
import reactor.core.publisher.Mono
import reactor.core.scheduler.Schedulers

import io.coordination.aop.DistributedLock
import io.coordination.aop.DistributedLockAutoConfiguration
import io.coordination.autoconfigure.CoordinationAutoConfiguration
import io.coordination.lock.LockLostException
import io.coordination.lock.LockNotAcquiredException
import io.coordination.lock.LockRegistry
import io.coordination.lock.LockSpec
import io.coordination.memory.MemoryLockAutoConfiguration
import io.coordination.redis.RedisLockAutoConfiguration
import io.coordination.redis.RedisServer
import io.coordination.zookeeper.ZookeeperLockAutoConfiguration
import io.coordination.zookeeper.ZookeeperServer

/**
 * Methods that return before their lock is there, called on event loops: of Reactor, and of the client of Redis. Each
 * blocking call on one of them is recorded. Runs in a JVM of its own, as BlockHound changes classes of the JDK.
 */
@Timeout(120)
class EventLoopTests {

	enum class Style {

		MONO, FLUX, STAGE, SUSPENDING, FLOW

	}

	@BeforeEach
	fun forget() {
		blocked.clear()
		elsewhere.clear()
		inside.clear()
		collisions.set(0)
	}

	@Test
	fun aBlockingCallWouldBeSeen() {
		onEventLoop(Mono.fromRunnable<Unit> { Thread.sleep(1) }).block(PATIENCE)
		assertThat(blocked).singleElement().satisfies({ assertThat(it).hasMessageContaining("Thread.sleep") })
		blocked.clear()
		inMemory { locks, _ ->
			locks.acquire("work").use {
				onEventLoop(Mono.fromCallable { runCatching { locks.tryAcquire(LockSpec.of("work").withWaitTime(Duration.ofMillis(50))) } }).block(PATIENCE)
			}
		}
		assertThat(blocked).isNotEmpty()
	}

	@ParameterizedTest
	@EnumSource
	fun noEventLoopIsBlockedWithLocksInMemory(style: Style) = inMemory { locks, service ->
		exercise(locks, service, style)
	}

	@ParameterizedTest
	@EnumSource
	fun noEventLoopIsBlockedWithLocksInRedis(style: Style) {
		val server = RedisServer.shared()
		runner().withConfiguration(
			AutoConfigurations.of(DataRedisAutoConfiguration::class.java, RedisLockAutoConfiguration::class.java)
		)
			.withPropertyValues(
				"spring.data.redis.url=redis://${server.host()}:${server.port()}",
				LEASE,
				"coordination.namespace=event-loop-$style-${System.nanoTime()}"
			)
			.run { exercise(it.getBean(LockRegistry::class.java), it.getBean(Service::class.java), style) }
	}

	@ParameterizedTest
	@EnumSource
	fun noEventLoopIsBlockedWithLocksInZookeeper(style: Style) {
		ZookeeperServer.start().use { server ->
			runner().withConfiguration(AutoConfigurations.of(ZookeeperLockAutoConfiguration::class.java))
				.withPropertyValues("coordination.zookeeper.connect-string=${server.address()}")
				.run { exercise(it.getBean(LockRegistry::class.java), it.getBean(Service::class.java), style) }
		}
	}

	private fun inMemory(test: (LockRegistry, Service) -> Unit) {
		runner().withConfiguration(AutoConfigurations.of(MemoryLockAutoConfiguration::class.java))
			.withPropertyValues("coordination.backend=memory", LEASE)
			.run { test(it.getBean(LockRegistry::class.java), it.getBean(Service::class.java)) }
	}

	private fun runner(): ApplicationContextRunner = ApplicationContextRunner()
		.withConfiguration(
			AutoConfigurations.of(
				DistributedLockAutoConfiguration::class.java,
				CoordinationAutoConfiguration::class.java
			)
		)
		.withBean(Service::class.java)

	private fun exercise(locks: LockRegistry, service: Service, style: Style) {
		// Acquired, contended for within this process, and handed off
		val calls = Flux.range(0, 40).flatMap({ call(service, style, Kind.PLAIN, "key-${it % 4}", 5) }, 40)
		assertThat(calls.collectList().block(PATIENCE)).hasSize(40)
		assertThat(collisions.get()).isZero()
		// Waited for, from elsewhere in this process
		locks.acquire("work:a").use { other ->
			val waiting = call(service, style, Kind.PLAIN, "a", 1).toFuture()
			assertThat(waiting).isNotDone()
			other.release()
			assertThat(waiting.get()).isEqualTo("a")
			// Given up, and cancelled
			locks.acquire("work:b").use {
				assertThat(failure(call(service, style, Kind.IMPATIENT, "b", 1)))
					.isInstanceOf(LockNotAcquiredException::class.java)
				call(service, style, Kind.PLAIN, "b", 1).subscribe().dispose()
			}
		}
		// Cancelled while it is held
		val held = call(service, style, Kind.PLAIN, "c", 60_000).subscribe()
		Awaitility.await().until { locks.held().isNotEmpty() }
		held.dispose()
		if (style != Style.STAGE) {
			Awaitility.await().until { locks.held().isEmpty() }
		}
		// Renewed, as it takes longer than the lease
		assertThat(call(service, style, Kind.PLAIN, "d", 1_500).block(PATIENCE)).isEqualTo("d")
		// Lost
		assertThat(failure(call(service, style, Kind.LOST, "e", 300))).isInstanceOf(LockLostException::class.java)
		if (style != Style.STAGE) { // Goes on on a thread of the registry
			assertThat(elsewhere).isEmpty()
		}
		assertThat(blocked.map { it.stackTraceToString() }).isEmpty()
	}

	private fun failure(call: Mono<String>): Throwable? = runCatching { call.block(PATIENCE) }.exceptionOrNull()
		?.let { generateSequence(it) { ex -> ex.cause }.first { ex -> ex.javaClass.name.startsWith("io.coordination") } }

	private fun call(service: Service, style: Style, kind: Kind, key: String, millis: Long): Mono<String> {
		val work = Work(key, Duration.ofMillis(millis))
		val call = when (style) {
			Style.MONO -> Mono.defer { when (kind) {
				Kind.PLAIN -> service.mono(work)
				Kind.IMPATIENT -> service.monoImpatient(work)
				Kind.LOST -> service.monoLost(work)
			} }
			Style.FLUX -> Flux.defer { when (kind) {
				Kind.PLAIN -> service.flux(work)
				Kind.IMPATIENT -> service.fluxImpatient(work)
				Kind.LOST -> service.fluxLost(work)
			} }.single()
			Style.STAGE -> Mono.fromCompletionStage { when (kind) {
				Kind.PLAIN -> service.stage(work)
				Kind.IMPATIENT -> service.stageImpatient(work)
				Kind.LOST -> service.stageLost(work)
			} }
			Style.SUSPENDING -> mono(PARALLEL) { when (kind) {
				Kind.PLAIN -> service.suspending(work)
				Kind.IMPATIENT -> service.suspendingImpatient(work)
				Kind.LOST -> service.suspendingLost(work)
			} }
			Style.FLOW -> mono(PARALLEL) { when (kind) {
				Kind.PLAIN -> service.flow(work)
				Kind.IMPATIENT -> service.flowImpatient(work)
				Kind.LOST -> service.flowLost(work)
			}.toList().single() }
		}
		return onEventLoop(call)
	}

	private fun <T : Any> onEventLoop(call: Mono<T>): Mono<T> = call.subscribeOn(Schedulers.parallel())

	enum class Kind {

		PLAIN, IMPATIENT, LOST

	}

	class Work(val key: String, private val time: Duration) {

		fun mono(): Mono<String> = Mono.defer {
			begin()
			Mono.delay(time).map { key }.doOnTerminate { end() }.doOnCancel { end() }
		}

		fun stage(): CompletionStage<String> = mono().toFuture().thenApply { it!! }

		suspend fun suspending(): String {
			begin()
			try {
				delay(time.toMillis())
			}
			finally {
				end()
			}
			return key
		}

		private fun begin() {
			if (inside.computeIfAbsent(key) { AtomicInteger() }.incrementAndGet() > 1) {
				collisions.incrementAndGet()
			}
			if (!Schedulers.isInNonBlockingThread()) {
				elsewhere.add(Thread.currentThread().name)
			}
		}

		private fun end() {
			inside.getValue(key).decrementAndGet()
		}

	}

	open class Service {

		@DistributedLock(name = "work", key = "#work.key")
		open fun mono(work: Work): Mono<String> = work.mono()

		@DistributedLock(name = "work", key = "#work.key", waitTime = "100ms")
		open fun monoImpatient(work: Work): Mono<String> = work.mono()

		@DistributedLock(name = "work", key = "#work.key", maxHoldTime = "100ms")
		open fun monoLost(work: Work): Mono<String> = work.mono()

		@DistributedLock(name = "work", key = "#work.key")
		open fun flux(work: Work): Flux<String> = work.mono().flux()

		@DistributedLock(name = "work", key = "#work.key", waitTime = "100ms")
		open fun fluxImpatient(work: Work): Flux<String> = work.mono().flux()

		@DistributedLock(name = "work", key = "#work.key", maxHoldTime = "100ms")
		open fun fluxLost(work: Work): Flux<String> = work.mono().flux()

		@DistributedLock(name = "work", key = "#work.key")
		open fun stage(work: Work): CompletionStage<String> = work.stage()

		@DistributedLock(name = "work", key = "#work.key", waitTime = "100ms")
		open fun stageImpatient(work: Work): CompletionStage<String> = work.stage()

		@DistributedLock(name = "work", key = "#work.key", maxHoldTime = "100ms")
		open fun stageLost(work: Work): CompletionStage<String> = work.stage()

		@DistributedLock(name = "work", key = "#work.key")
		open suspend fun suspending(work: Work): String = work.suspending()

		@DistributedLock(name = "work", key = "#work.key", waitTime = "100ms")
		open suspend fun suspendingImpatient(work: Work): String = work.suspending()

		@DistributedLock(name = "work", key = "#work.key", maxHoldTime = "100ms")
		open suspend fun suspendingLost(work: Work): String = work.suspending()

		@DistributedLock(name = "work", key = "#work.key")
		open fun flow(work: Work): Flow<String> = flow { emit(work.suspending()) }

		@DistributedLock(name = "work", key = "#work.key", waitTime = "100ms")
		open fun flowImpatient(work: Work): Flow<String> = flow { emit(work.suspending()) }

		@DistributedLock(name = "work", key = "#work.key", maxHoldTime = "100ms")
		open fun flowLost(work: Work): Flow<String> = flow { emit(work.suspending()) }

	}

	companion object {

		private const val LEASE = "coordination.lock.lease-time=1s"

		private val PARALLEL = Schedulers.parallel().asCoroutineDispatcher()

		private val PATIENCE = Duration.ofSeconds(60)

		private val blocked = ConcurrentLinkedQueue<Throwable>()

		private val inside = ConcurrentHashMap<String, AtomicInteger>()

		private val collisions = AtomicInteger()

		/** Threads that may be blocked, where work began nevertheless: the proof would not be one. */
		private val elsewhere = ConcurrentLinkedQueue<String>()

		@JvmStatic
		@BeforeAll
		fun watch() {
			// Looks for services in files when it is used first
			Class.forName("kotlinx.coroutines.reactive.ReactiveFlowKt")
			BlockHound.builder()
				.loadIntegrations()
				// For fields alone, and never for long
				.allowBlockingCallsInside(ReentrantLock::class.java.name, "lock")
				.blockingMethodCallback { blocked.add(BlockingOperationError(it)) }
				.install()
		}

	}

}
