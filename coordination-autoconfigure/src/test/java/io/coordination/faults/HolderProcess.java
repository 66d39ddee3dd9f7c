package io.coordination.faults;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockSpec;
import io.coordination.lock.event.LockLost;

/**
 * The process of {@link HolderFaultTests}: acquires a lock, holds it and says what it
 * sees when it wakes up from a pause.
 */
final class HolderProcess {

	private final Instance instance;

	private final Witness resource;

	private final String name;

	private final AtomicInteger told = new AtomicInteger();

	private HolderProcess(Instance instance, Witness resource, String name) {
		this.instance = instance;
		this.resource = resource;
		this.name = name;
	}

	public static void main(String[] args) throws Exception {
		Instance instance = Instance.start(Integer.parseInt(args[0]),
				(builder) -> builder.leaseTime(Duration.ofMillis(Long.parseLong(args[3]))));
		Witness resource = new Witness(Integer.parseInt(args[1]), "holder");
		HolderProcess holder = new HolderProcess(instance, resource, args[2]);
		LockHandle handle = instance.locks().acquire(LockSpec.of(args[2]).withWaitTime(Duration.ofSeconds(10)));
		handle.onLost((lost) -> holder.told.incrementAndGet());
		ChildLines.say("acquired " + handle.fencingToken());
		ChildLines.listen((line) -> holder.hear(line, handle));
	}

	private void hear(String line, LockHandle handle) throws Exception {
		if (line.equals("wait for a gap")) {
			ChildLines.say("waiting");
			waitForAGap();
			look(handle);
		}
		else if (line.equals("release")) {
			ChildLines.say("released " + handle.release());
		}
	}

	/**
	 * What comes first after the pause must find the lock lost, so nothing is asked or
	 * waited for in between.
	 */
	private void look(LockHandle handle) throws Exception {
		String check = "passed";
		try {
			handle.ensureHeld();
		}
		catch (LockLostException ex) {
			check = "refused";
		}
		String seen = handle.state() + " " + handle.remainingValidity();
		ChildLines.say("check " + check);
		ChildLines.say("state " + seen);
		ChildLines.say("verified " + handle.verify().toCompletableFuture().get(5, TimeUnit.SECONDS));
		ChildLines
			.say("resource " + (this.resource.present(this.name, handle.fencingToken()) ? "accepted" : "refused"));
		long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
		while (this.told.get() == 0 && System.nanoTime() < deadline) {
			Thread.onSpinWait();
		}
		ChildLines.say("told " + this.told + " " + this.instance.events(LockLost.class, this.name).size());
	}

	private static void waitForAGap() {
		long last = System.nanoTime();
		while (true) {
			long now = System.nanoTime();
			if (now - last > TimeUnit.MILLISECONDS.toNanos(1200)) {
				return;
			}
			last = now;
			Thread.onSpinWait();
		}
	}

}
