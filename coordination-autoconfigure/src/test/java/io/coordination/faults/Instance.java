package io.coordination.faults;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.lock.event.LockEvent;
import io.coordination.redis.RedisLockBackendFactory;
import io.coordination.redis.RedisLockSettings;

import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * An application instance that locks in Redis, with connections of its own and a record
 * of its events. Two of them share as little as two processes do, except that they cannot
 * be killed apart.
 */
final class Instance implements AutoCloseable {

	static final String NAMESPACE = "faults";

	/** Short, so that the bounds that contain it are sharp. */
	static final Duration COMMAND_TIMEOUT = Duration.ofMillis(500);

	/** Where nothing is spoiled: nothing shall fail on a machine that is slow. */
	static final Duration PATIENT_COMMAND_TIMEOUT = Duration.ofSeconds(10);

	static final Duration GRANT_LEASE = Duration.ofSeconds(2);

	/**
	 * Nine twentieths of the grant lease: the longest time between two polls of a waiter.
	 */
	static final Duration POLL_INTERVAL = Duration.ofMillis(900);

	/**
	 * For threads that are ready but do not run: the build machine may have two cores and
	 * other work. Added to every upper bound, never to a lower one.
	 */
	static final Duration SCHEDULING_SLACK = Duration.ofSeconds(1);

	private final Queue<LockEvent> events = new ConcurrentLinkedQueue<>();

	private final LettuceConnectionFactory connections;

	private final ManagedLockRegistry locks;

	private Instance(int port, Duration commandTimeout, boolean recorded, Consumer<LockRegistryBuilder> customizer) {
		this.connections = new LettuceConnectionFactory(new RedisStandaloneConfiguration("127.0.0.1", port));
		this.connections.afterPropertiesSet();
		this.connections.start();
		LockRegistryBuilder builder = LockRegistryBuilder
			.of(new RedisLockBackendFactory(this.connections, new RedisLockSettings(commandTimeout, GRANT_LEASE)))
			.namespace(NAMESPACE)
			.gracePeriod(Duration.ofSeconds(1));
		if (recorded) {
			builder.listener(this.events::add);
		}
		customizer.accept(builder);
		this.locks = builder.build();
	}

	/**
	 * Starts an instance for a test that spoils the server or the network.
	 * @param port the port of Redis, or of a proxy before it
	 * @param customizer sets what is special
	 * @return the running instance
	 */
	static Instance start(int port, Consumer<LockRegistryBuilder> customizer) {
		return start(port, COMMAND_TIMEOUT, customizer);
	}

	static Instance start(int port, Duration commandTimeout, Consumer<LockRegistryBuilder> customizer) {
		return new Instance(port, commandTimeout, true, customizer);
	}

	/**
	 * Starts an instance for a test in which no request fails.
	 * @param port the port of Redis, or of a proxy before it
	 * @param customizer sets what is special
	 * @return the running instance
	 */
	static Instance startPatient(int port, Consumer<LockRegistryBuilder> customizer) {
		return start(port, PATIENT_COMMAND_TIMEOUT, customizer);
	}

	/**
	 * Starts an instance for a test in which no request fails, and which measures what is
	 * left: it keeps no events.
	 * @param port the port of Redis
	 * @return the running instance
	 */
	static Instance startUnrecorded(int port) {
		return new Instance(port, PATIENT_COMMAND_TIMEOUT, false, (builder) -> {
		});
	}

	static Instance start(int port) {
		return start(port, (builder) -> {
		});
	}

	ManagedLockRegistry locks() {
		return this.locks;
	}

	/**
	 * The events of one kind so far, of all locks.
	 */
	<E extends LockEvent> List<E> events(Class<E> type) {
		return this.events.stream().filter(type::isInstance).map(type::cast).toList();
	}

	/**
	 * The events of one kind so far, of one lock.
	 */
	<E extends LockEvent> List<E> events(Class<E> type, String name) {
		return events(type).stream().filter((event) -> event.name().equals(name)).toList();
	}

	/**
	 * The key in Redis that is there while a lock is held.
	 */
	static String lockKey(String name) {
		return "coordination:" + NAMESPACE + ":{" + name + "}";
	}

	/**
	 * The one key that stays: the last revision.
	 */
	static String fenceKey() {
		return "coordination:" + NAMESPACE + ":fence";
	}

	@Override
	public void close() {
		this.locks.close();
		this.connections.destroy();
	}

}
