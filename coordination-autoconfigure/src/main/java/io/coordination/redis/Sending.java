package io.coordination.redis;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * When a request was sent, and by which clock its server goes. It may be sent more than
 * once, to different nodes of a cluster, but acts no later than if the first had done it.
 * Used by one thread at a time.
 */
final class Sending {

	private volatile @Nullable ServerClock clock;

	private volatile long firstAt;

	private volatile long lastAt;

	/**
	 * It is sent now.
	 */
	Sending to(ServerClock server) {
		long now = server.nanoTime();
		if (this.clock == null) {
			this.firstAt = now;
		}
		this.lastAt = now;
		this.clock = server;
		return this;
	}

	/**
	 * The time of the server after which it must not act.
	 */
	long notAfter(Duration commandTimeout) {
		ServerClock server = this.clock;
		return ((server != null) ? server.at(this.firstAt) : -1) + commandTimeout.toNanos() / 1000;
	}

	/**
	 * It was answered.
	 * @param serverTime the time of the server when it answered, in microseconds
	 */
	void answered(long serverTime) {
		ServerClock server = this.clock;
		if (server != null) {
			server.answered(serverTime, this.lastAt);
		}
	}

}
