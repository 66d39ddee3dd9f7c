package io.coordination.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

import io.coordination.lock.LockException;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockNotAcquiredException;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.lock.LockRegistryStoppedException;
import io.coordination.lock.LockSpec;
import io.coordination.lock.ManagedLockRegistry;
import io.coordination.zookeeper.ZookeeperLockBackendFactory;
import io.coordination.zookeeper.ZookeeperLockSettings;
import io.coordination.zookeeper.ZookeeperLockSettings.Access;
import org.jspecify.annotations.Nullable;

/**
 * The process of a {@link ZookeeperPair}. It contends for a lock from several threads,
 * and it holds one for as long as it is told to; each time it is inside it visits the
 * {@link Witness}.
 */
final class ZookeeperWorker {

	private static final int CONTENDERS = 2;

	private static final Duration LONG_WAIT = Duration.ofMinutes(2);

	private static final Duration LONGEST_REQUEST = Duration.ofSeconds(2);

	private final String address;

	private final int resource;

	private final Duration session;

	private final String namespace;

	private final Map<String, LongAdder> visits = new ConcurrentHashMap<>();

	private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();

	/** What the thread that holds is told. */
	private final BlockingQueue<String> orders = new LinkedBlockingQueue<>();

	/** Used by the listening thread alone. */
	private final List<Thread> threads = new ArrayList<>();

	private volatile ManagedLockRegistry locks;

	private volatile boolean contending;

	private ZookeeperWorker(String address, int resource, Duration session, String namespace) {
		this.address = address;
		this.resource = resource;
		this.session = session;
		this.namespace = namespace;
		this.locks = open();
	}

	public static void main(String[] args) throws Exception {
		ZookeeperWorker worker = new ZookeeperWorker(args[0], Integer.parseInt(args[1]),
				Duration.ofMillis(Long.parseLong(args[2])), args[3]);
		ChildLines.say("ready");
		ChildLines.listen(worker::hear);
	}

	/**
	 * Opens what a process locks with.
	 */
	static ManagedLockRegistry open(String address, Duration session, String namespace) {
		Duration request = session.dividedBy(4);
		ZookeeperLockSettings settings = new ZookeeperLockSettings(session, Duration.ofSeconds(10),
				(request.compareTo(LONGEST_REQUEST) > 0) ? LONGEST_REQUEST : request, "/coordination", Access.OPEN);
		return LockRegistryBuilder.of(ZookeeperLockBackendFactory.of(address, null, settings))
			.namespace(namespace)
			.waitTime(Duration.ofSeconds(2))
			.leaseTime(Duration.ofMinutes(1))
			.gracePeriod(Duration.ofSeconds(1))
			.build();
	}

	private ManagedLockRegistry open() {
		return open(this.address, this.session, this.namespace);
	}

	private void hear(String line) throws InterruptedException {
		String[] words = line.split(" ", -1);
		switch (words[0]) {
			case "contend" -> {
				this.contending = true;
				for (int i = 0; i < CONTENDERS; i++) {
					start("contender-" + i, (witness) -> contend(words[1], witness));
				}
			}
			case "calm" -> ChildLines.say("calm " + calm() + " " + this.failures);
			case "hold" -> start("holder", (witness) -> hold(words[1], witness));
			case "visits" -> ChildLines.say("visits " + this.visits.getOrDefault(words[1], new LongAdder()));
			case "close" -> {
				this.locks.close();
				ChildLines.say("closed " + calm() + " " + this.locks.held().size() + " " + Leftovers.threads());
			}
			case "open" -> {
				this.locks = open();
				ChildLines.say("open");
			}
			default -> this.orders.add(line);
		}
	}

	private void start(String role, Work work) {
		Thread thread = new Thread(() -> {
			String who = ProcessHandle.current().pid() + "/" + role;
			try (Witness witness = new Witness(this.resource, who)) {
				work.with(witness);
			}
			catch (Exception ex) {
				ex.printStackTrace();
				ChildLines.say("failed " + ex.getClass().getSimpleName());
			}
		}, role);
		this.threads.add(thread);
		thread.start();
	}

	/**
	 * Has all threads come to their end.
	 * @return how many do not
	 */
	private long calm() throws InterruptedException {
		this.contending = false;
		for (Thread thread : this.threads) {
			thread.join(20_000);
		}
		long alive = this.threads.stream().filter(Thread::isAlive).count();
		this.threads.clear();
		return alive;
	}

	private void contend(String name, Witness witness) throws InterruptedException {
		while (this.contending) {
			try {
				visit(name, witness);
			}
			catch (LockRegistryStoppedException ex) {
				return;
			}
			catch (LockNotAcquiredException ex) {
				// asks again
			}
			catch (LockException ex) {
				this.failures.computeIfAbsent(ex.getClass().getSimpleName(), (n) -> new LongAdder()).increment();
				// A refusal comes at once
				LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
			}
		}
	}

	private void visit(String name, Witness witness) throws InterruptedException {
		LockHandle handle = this.locks.acquire(name);
		try {
			witness.visit(name, handle.fencingToken());
			visited(name);
		}
		finally {
			handle.release();
		}
	}

	/**
	 * Works under a lock, in small steps, until it is released or lost.
	 */
	private void hold(String name, Witness witness) throws InterruptedException {
		CountDownLatch told = new CountDownLatch(1);
		try (LockHandle handle = this.locks.acquire(LockSpec.of(name).withWaitTime(LONG_WAIT))) {
			long token = handle.fencingToken();
			handle.onLost((lost) -> told.countDown());
			witness.visit(name, token);
			visited(name);
			ChildLines.say("held " + token);
			for (String order = order(); !"release".equals(order); order = order()) {
				if ("rest".equals(order)) {
					ChildLines.say("resting");
					order = this.orders.take();
				}
				if ("state".equals(order)) {
					ChildLines.say("state " + handle.state());
					this.orders.add("rest");
					continue;
				}
				if (!"work unchecked".equals(order)) {
					handle.ensureHeld();
				}
				witness.revisit(name, token);
				visited(name);
			}
			ChildLines.say("released " + handle.release());
		}
		catch (LockLostException ex) {
			ChildLines.say("stopped, told " + told.await(5, TimeUnit.SECONDS));
		}
	}

	private @Nullable String order() throws InterruptedException {
		return this.orders.poll(2, TimeUnit.MILLISECONDS);
	}

	private void visited(String name) {
		this.visits.computeIfAbsent(name, (n) -> new LongAdder()).increment();
	}

	private interface Work {

		void with(Witness witness) throws InterruptedException;

	}

}
