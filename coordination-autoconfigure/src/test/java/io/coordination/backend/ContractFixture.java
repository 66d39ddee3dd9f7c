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
	 * Lets the process of a client die while it holds a lease, so that others may have
	 * the lock. Lets so much time pass that the lease has ended unless overridden: where
	 * locks end with a session, the session of this client has to be ended, and another
	 * one be there.
	 * @param client the client that is taken for dead
	 * @param lease the length of the lease it holds
	 */
	protected void die(ContractClient client, Duration lease) {
		passWhole(lease);
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
	 * Makes the store silent, until {@link #restoreStore()}: requests that reach it are
	 * neither answered nor refused, and connections stay open.
	 * @return {@code false} if this store cannot be silenced
	 */
	protected boolean cutOffStore() {
		return false;
	}

	/**
	 * Takes the store away, until {@link #restoreStore()}: connections break, and cannot
	 * be made. What the store holds may be lost.
	 * @return {@code false} if this store cannot be taken away
	 */
	protected boolean stopStore() {
		return false;
	}

	/**
	 * Breaks the connections of all clients once. The store goes on and lets them in
	 * again.
	 * @return {@code false} if connections to this store cannot be broken
	 */
	protected boolean breakConnections() {
		return false;
	}

	/**
	 * Undoes {@link #cutOffStore()} and {@link #stopStore()}. Also called after sentences
	 * that did neither.
	 */
	protected void restoreStore() {
	}

	@AfterEach
	final void closeClients() {
		restoreStore();
		this.clients.forEach(ContractClient::close);
	}

	final ContractClient client() {
		return client(newFactory());
	}

	final ContractClient client(LockBackendFactory factory) {
		ContractClient client = new ContractClient(factory);
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
	 * How long a key may be kept taken by nobody: no time at all where locks end with a
	 * session.
	 */
	final Duration shortKeep(ContractClient client) {
		return (client.backend().traits().expiry() == BackendTraits.Expiry.LEASE) ? shortLease() : Duration.ZERO;
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
