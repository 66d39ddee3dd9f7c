package io.coordination.backend;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;

/**
 * What a backend tells the contract about itself, and what the sentences are written
 * with.
 */
public abstract class ContractFixture {

	private final List<ContractClient> clients = new CopyOnWriteArrayList<>();

	private final AtomicInteger owners = new AtomicInteger();

	/**
	 * No two sentences, and no two runs against one server, have a key in common.
	 */
	private final String namespace = "contract-" + UUID.randomUUID();

	/**
	 * Makes a factory as a process of its own would have it. All of them lead to the same
	 * store.
	 * @return a new factory
	 */
	protected abstract LockBackendFactory newFactory();

	/**
	 * Lets time pass in the store. Waits for it unless overridden.
	 * @param duration how long
	 */
	protected void passTime(Duration duration) {
		Awaitility.await().pollDelay(duration).atMost(duration.plusSeconds(30)).until(() -> true);
	}

	/**
	 * A lease that sentences wait for: as short as the store can keep it, yet longer than
	 * a few requests take.
	 * @return the lease, {@code 500 ms} unless overridden
	 */
	protected Duration shortLease() {
		return Duration.ofMillis(500);
	}

	/**
	 * Whether a refusal says which grant stands in the way, for how long and whose.
	 * @return {@code true} unless overridden
	 */
	protected boolean tellsWhyBusy() {
		return true;
	}

	/**
	 * Cuts the store off, so that no request is answered any more until
	 * {@link #restoreStore()}.
	 * @return {@code false} if this store cannot be cut off
	 */
	protected boolean cutOffStore() {
		return false;
	}

	/**
	 * Undoes {@link #cutOffStore()}.
	 */
	protected void restoreStore() {
	}

	@AfterEach
	final void closeClients() {
		this.clients.forEach(ContractClient::close);
	}

	final ContractClient client() {
		ContractClient client = new ContractClient(newFactory());
		this.clients.add(client);
		return client;
	}

	/**
	 * Lets so much time pass that a lease of this length has surely ended.
	 */
	final void passWhole(Duration lease) {
		passTime(lease.plusMillis(100));
	}

	/**
	 * Lets so much time pass that a waiter that did not poll counts as dead.
	 */
	final void passPatience(ContractClient client) {
		passWhole(client.backend().traits().pollInterval().multipliedBy(2));
	}

	final LockKey key(String name) {
		return new LockKey(this.namespace, name);
	}

	final LockKey key() {
		return key("invoice:42");
	}

	final OwnerId owner() {
		return new OwnerId("host/1/" + this.namespace.substring(9, 17) + "#" + this.owners.incrementAndGet());
	}

	/**
	 * A new owner's wish for a lock for longer than any sentence takes.
	 */
	final LockRequest request(LockKey key) {
		return request(key, ContractClient.LONG);
	}

	final LockRequest request(LockKey key, Duration lease) {
		return LockRequest.exclusive(key, owner(), lease);
	}

	/**
	 * The same owner's wish with another lease.
	 */
	final LockRequest again(LockRequest request, Duration lease) {
		return LockRequest.exclusive(request.key(), request.owner(), lease);
	}

}
