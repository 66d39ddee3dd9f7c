package io.coordination.zookeeper;

import java.util.concurrent.CompletionStage;

import io.coordination.backend.Attempt;
import io.coordination.backend.BackendListener;
import io.coordination.backend.GrantListener;
import io.coordination.backend.LockRequest;
import io.coordination.backend.Waiting;

/**
 * One owner's place in the line.
 */
final class ZookeeperPlace implements Waiting {

	private final ZookeeperLockBackend backend;

	private final LockRequest request;

	private final GrantListener taker;

	private final BackendListener listener;

	private volatile boolean closed;

	ZookeeperPlace(ZookeeperLockBackend backend, LockRequest request, GrantListener taker, BackendListener listener) {
		this.backend = backend;
		this.request = request;
		this.taker = taker;
		this.listener = listener;
	}

	@Override
	public LockRequest request() {
		return this.request;
	}

	@Override
	public CompletionStage<Attempt> poll() {
		return this.backend.poll(this);
	}

	void granted(ZookeeperLease lease) {
		if (this.backend.isClosed()) {
			return;
		}
		if (this.closed) {
			this.listener.strayGrant(lease.key(), lease.owner());
		}
		else {
			this.taker.granted(lease, lease.validity());
		}
	}

	@Override
	public void close() {
		this.closed = true;
	}

}
