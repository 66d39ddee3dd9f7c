package io.coordination.faults;

import java.util.List;

/**
 * What is inside the lock: a resource that cannot defend itself, and that notices when it
 * needed to. Lives in a Redis of the tests, so that all processes share it, and talks
 * over a {@link RedisProbe} of its own.
 * <p>
 * The counter is read and then written, so two that are inside at once lose an update.
 * Entering and leaving, and the tokens, are kept with atomic commands, so a broken lock
 * is noticed also where no update was lost. What is noticed is written down in Redis and
 * outlives the process that noticed it.
 * <p>
 * One thread uses one witness.
 */
final class Witness implements AutoCloseable {

	private static final String VIOLATIONS = "witness:violations";

	private final RedisProbe redis;

	private final String who;

	/**
	 * Makes a witness.
	 * @param port the port of the Redis that keeps what is witnessed
	 * @param who the name of the thread or process, for people
	 */
	Witness(int port, String who) {
		this.redis = new RedisProbe(port);
		this.who = who;
	}

	/**
	 * Enters and leaves, and counts one up meanwhile.
	 * @param name what is locked
	 * @param token the fencing token of the holder
	 */
	void visit(String name, long token) {
		enter(name, token);
		count(name);
		leave(name, token);
	}

	/**
	 * Enters, counts and leaves once more under a token that was let in before. A
	 * violation also if a larger one was seen since.
	 */
	void revisit(String name, long token) {
		long highest = this.redis.askNumber("GET", "witness:token:" + name);
		if (token < highest) {
			violation(name, me(token) + " came back after token " + highest);
		}
		goIn(name, token);
		count(name);
		leave(name, token);
	}

	/**
	 * Notes that a holder is inside. A violation if somebody is inside, or if a token at
	 * least as large was seen.
	 */
	void enter(String name, long token) {
		present(name, token);
		goIn(name, token);
	}

	private void goIn(String name, long token) {
		String me = me(token);
		String inside = this.redis.askText("SET", "witness:inside:" + name, me, "GET");
		if (!inside.isEmpty()) {
			violation(name, me + " entered while " + inside + " was inside");
		}
	}

	/**
	 * Reads the counter, and writes one more: not atomic, on purpose.
	 */
	void count(String name) {
		long count = counted(name);
		this.redis.ask("SET", counter(name), Long.toString(count + 1));
	}

	/**
	 * Notes that a holder is outside. A violation if it is not the one that entered last.
	 */
	void leave(String name, long token) {
		String me = me(token);
		String inside = this.redis.askText("GETDEL", "witness:inside:" + name);
		if (!inside.equals(me)) {
			violation(name, me + " left, but inside was '" + inside + "'");
		}
	}

	/**
	 * Shows a token to the resource, which must be larger than all it saw.
	 * @return whether it was; a violation if not
	 */
	boolean present(String name, long token) {
		long highest = this.redis.askNumber("SET", "witness:token:" + name, Long.toString(token), "GET");
		if (token <= highest) {
			violation(name, me(token) + " came after token " + highest);
			this.redis.ask("SET", "witness:token:" + name, Long.toString(highest));
			return false;
		}
		return true;
	}

	/**
	 * What the counter says.
	 */
	long counted(String name) {
		return this.redis.askNumber("GET", counter(name));
	}

	/**
	 * What all witnesses noticed so far.
	 */
	List<String> violations() {
		return this.redis.askList("LRANGE", VIOLATIONS, "0", "-1");
	}

	@Override
	public void close() {
		this.redis.close();
	}

	private void violation(String name, String what) {
		this.redis.ask("RPUSH", VIOLATIONS, name + ": " + what);
	}

	private String me(long token) {
		return this.who + "@" + token;
	}

	private static String counter(String name) {
		return "witness:count:" + name;
	}

}
