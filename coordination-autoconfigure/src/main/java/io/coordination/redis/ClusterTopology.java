package io.coordination.redis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import io.coordination.backend.BackendException;

/**
 * The nodes of a cluster as far as they are known, and who of them has which slot. It is
 * asked for when the first request comes, and again when a node says that a slot is
 * elsewhere, when one cannot be reached, and when a connection broke; never on a
 * schedule.
 * <p>
 * <b>Invariants.</b>
 * <ol>
 * <li>One look at the cluster is under way at a time; who asks meanwhile waits for it.
 * <li>A node that is no master any more is forgotten when it is not connected to. One
 * that is goes on to be asked, and says who took its slots.
 * </ol>
 */
final class ClusterTopology {

	private final List<String> seeds;

	private final Function<String, ClusterNode> maker;

	private final Runnable changed;

	private final ConcurrentHashMap<String, ClusterNode> nodes = new ConcurrentHashMap<>();

	private final AtomicReference<@Nullable CompletableFuture<SlotMap>> look = new AtomicReference<>();

	private final AtomicReference<@Nullable SlotMap> map = new AtomicReference<>();

	private volatile boolean closed;

	/**
	 * Makes a topology of which nothing is known yet.
	 * @param seeds the addresses that were configured
	 * @param maker makes a node
	 * @param changed told when slots have other masters than before
	 */
	ClusterTopology(List<String> seeds, Function<String, ClusterNode> maker, Runnable changed) {
		this.seeds = List.copyOf(seeds);
		this.maker = maker;
		this.changed = changed;
	}

	/**
	 * Finds the master of a slot, at once if it is known.
	 */
	void locate(int slot, BiConsumer<@Nullable ClusterNode, @Nullable Throwable> then) {
		withMap((known, ex) -> {
			String master = (known != null) ? known.master(slot) : null;
			if (master != null) {
				then.accept(node(master), null);
				return;
			}
			if (known != null) {
				refresh(null);
			}
			then.accept(null, (known != null) ? ClusterNode.unserved(slot) : ex);
		});
	}

	/**
	 * Finds all masters, at once if they are known.
	 */
	void masters(BiConsumer<@Nullable List<ClusterNode>, @Nullable Throwable> then) {
		withMap((known, ex) -> then.accept((known != null) ? known.all().stream().map(this::node).toList() : null, ex));
	}

	private void withMap(BiConsumer<@Nullable SlotMap, @Nullable Throwable> then) {
		SlotMap known = this.map.get();
		if (known != null) {
			then.accept(known, null);
		}
		else {
			RedisConnections.on(refresh(null), then);
		}
	}

	ClusterNode node(String address) {
		ClusterNode node = this.nodes.computeIfAbsent(address, this.maker);
		if (this.closed) {
			node.beginClosing();
		}
		return node;
	}

	/**
	 * A node said who has a slot.
	 */
	void moved(int slot, String master) {
		this.map.updateAndGet((known) -> (known != null) ? known.with(slot, master) : null);
	}

	/**
	 * Looks at the cluster anew.
	 * @param adviser the node to ask first, or {@code null} if none knows better
	 */
	CompletionStage<SlotMap> refresh(@Nullable String adviser) {
		CompletableFuture<SlotMap> begun = new CompletableFuture<>();
		CompletableFuture<SlotMap> present = this.look.compareAndExchange(null, begun);
		if (present != null) {
			return present;
		}
		List<Set<String>> rounds = new ArrayList<>();
		addRound(rounds, (adviser != null) ? Set.of(adviser) : Set.of());
		addRound(rounds, this.nodes.keySet());
		addRound(rounds, this.seeds);
		ask(rounds, 0, this.map.get(), begun);
		return begun;
	}

	private static void addRound(List<Set<String>> rounds, Collection<String> addresses) {
		Set<String> round = new LinkedHashSet<>(addresses);
		rounds.forEach(round::removeAll);
		if (!round.isEmpty()) {
			rounds.add(round);
		}
	}

	private void ask(List<Set<String>> rounds, int round, @Nullable SlotMap before, CompletableFuture<SlotMap> answer) {
		ask(rounds.get(round), (found) -> {
			this.look.set(null);
			this.map.set(found);
			retire(found);
			answer.complete(found);
			if (before != null && !before.sameAs(found)) {
				this.changed.run();
			}
		}, (ex) -> {
			if (round + 1 == rounds.size() || this.closed) {
				this.look.set(null);
				answer.completeExceptionally(ex);
			}
			else {
				ask(rounds, round + 1, before, answer);
			}
		});
	}

	/**
	 * Asks several at once, of whom the first to know is believed. Those that answer
	 * later are looked at once more: they may have been connected to when the others had
	 * been retired.
	 */
	private void ask(Set<String> addresses, Consumer<SlotMap> found, Consumer<Throwable> failed) {
		AtomicBoolean done = new AtomicBoolean();
		AtomicInteger silent = new AtomicInteger(addresses.size());
		for (String address : addresses) {
			RedisConnections.on(node(address).slots(), (known, ex) -> {
				if (known != null && done.compareAndSet(false, true)) {
					found.accept(known);
				}
				else if (done.get()) {
					SlotMap present = this.map.get();
					if (present != null) {
						retire(present);
					}
				}
				else if (silent.decrementAndGet() == 0) {
					failed.accept(
							(ex != null) ? RedisFailures.commanding(ex)
									: new BackendException(
											"Redis " + address + " knows of no slots: check that the nodes of "
													+ "'spring.data.redis.cluster' have joined a cluster",
											false, null));
				}
			});
		}
	}

	private void retire(SlotMap present) {
		Set<String> masters = present.all();
		this.nodes.forEach((address, node) -> {
			if (!masters.contains(address) && node.isIdle() && this.nodes.remove(address, node)) {
				node.retire();
			}
		});
	}

	void close() {
		this.closed = true;
		this.nodes.values().forEach(ClusterNode::beginClosing);
	}

	void endClosing() {
		this.nodes.values().forEach(ClusterNode::endClosing);
	}

}
