package io.coordination.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Lock;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;

/**
 * The process of {@link LoadTests}: visits the {@link Witness} from many threads, in all
 * the ways in which a lock can be acquired, and says what it did.
 */
final class LoadWorker {

	private static final Duration WAIT_TIME = Duration.ofSeconds(20);

	private final LockRegistry locks;

	private final int witnessPort;

	private final String[] names;

	private final Map<String, LongAdder> visits = new ConcurrentHashMap<>();

	private final LongAdder failures = new LongAdder();

	private volatile long end;

	private LoadWorker(LockRegistry locks, int witnessPort, String[] names) {
		this.locks = locks;
		this.witnessPort = witnessPort;
		this.names = names;
	}

	public static void main(String[] args) throws Exception {
		int seconds = Integer.parseInt(args[2]);
		int threads = Integer.parseInt(args[3]);
		String[] names = args[4].split(",", -1);
		Instance instance = Instance.startPatient(Integer.parseInt(args[0]), (builder) -> builder.waitTime(WAIT_TIME));
		LoadWorker worker = new LoadWorker(instance.locks(), Integer.parseInt(args[1]), names);
		CountDownLatch go = new CountDownLatch(1);
		List<Thread> visitors = worker.start(threads, go);
		Thread controller = new Thread(() -> worker.control(instance, visitors, go, seconds), "load-controller");
		controller.start();
		ChildLines.say("ready");
		ChildLines.listen((line) -> go.countDown());
	}

	private List<Thread> start(int threads, CountDownLatch go) {
		List<Thread> visitors = new ArrayList<>();
		for (int i = 0; i < threads; i++) {
			int number = i;
			Thread thread = new Thread(() -> visit(number, go), "visitor-" + i);
			thread.start();
			visitors.add(thread);
		}
		return visitors;
	}

	private void control(Instance instance, List<Thread> visitors, CountDownLatch go, int seconds) {
		try {
			go.await();
			this.end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
			long patience = this.end + WAIT_TIME.toNanos();
			for (Thread visitor : visitors) {
				visitor.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(patience - System.nanoTime())));
			}
			for (String name : this.names) {
				ChildLines.say("visited " + name + " " + this.visits.getOrDefault(name, new LongAdder()));
			}
			ChildLines.say("failures " + this.failures);
			ChildLines.say("still waiting " + visitors.stream().filter(Thread::isAlive).count());
			ChildLines.say("still held " + instance.locks().held().size());
			instance.close();
			ChildLines.say("threads left " + Leftovers.threads());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void visit(int number, CountDownLatch go) {
		String who = ProcessHandle.current().pid() + "/" + number;
		try (Witness witness = new Witness(this.witnessPort, who)) {
			go.await();
			// the controller sets the end right after this
			for (int i = 0; this.end == 0 || System.nanoTime() < this.end; i++) {
				String name = this.names[(number + i) % this.names.length];
				try {
					visit(number % 4, name, witness);
					this.visits.computeIfAbsent(name, (n) -> new LongAdder()).increment();
				}
				catch (RuntimeException ex) {
					this.failures.increment();
					ex.printStackTrace();
				}
			}
		}
		catch (Exception ex) {
			this.failures.increment();
			ex.printStackTrace();
		}
	}

	private void visit(int way, String name, Witness witness) throws Exception {
		switch (way) {
			case 0 -> {
				try (LockHandle handle = this.locks.acquire(name)) {
					witness.visit(name, handle.fencingToken());
				}
			}
			case 1 -> this.locks.execute(LockSpec.of(name), (handle) -> {
				witness.visit(name, handle.fencingToken());
				return null;
			});
			case 2 -> {
				LockHandle handle = this.locks.acquireAsync(LockSpec.of(name)).toCompletableFuture().get();
				witness.visit(name, handle.fencingToken());
				if (!handle.releaseAsync().toCompletableFuture().get()) {
					throw new IllegalStateException("Not ours any more: " + handle);
				}
			}
			default -> {
				Lock lock = this.locks.asLock(name);
				lock.lock();
				try {
					// reentrant, so this is how the view's token is seen
					this.locks.execute(LockSpec.of(name), (handle) -> {
						witness.visit(name, handle.fencingToken());
						return null;
					});
				}
				finally {
					lock.unlock();
				}
			}
		}
	}

}
