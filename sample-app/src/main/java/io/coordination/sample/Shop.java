package io.coordination.sample;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Service;

/**
 * What the page can do: start a rush in all instances, send a slow buyer to one of them,
 * and see what happens.
 */
@Service
class Shop {

	private static final int REMEMBERED_RUSHES = 5;

	private static final int SEATS_FOR_SLOW_BUYERS = 20;

	private final Tickets tickets;

	private final BoxOffice boxOffice;

	private final Crowd crowd;

	private final Instances instances;

	private final InstanceName self;

	private final Peers peers;

	private final News news;

	private final LockRegistry locks;

	private final String backend;

	private final AtomicInteger slowBuyers = new AtomicInteger();

	Shop(Tickets tickets, BoxOffice boxOffice, Crowd crowd, Instances instances, InstanceName self, Peers peers,
			News news, LockRegistry locks, @Value("${coordination.backend}") String backend) {
		this.tickets = tickets;
		this.boxOffice = boxOffice;
		this.crowd = crowd;
		this.instances = instances;
		this.self = self;
		this.peers = peers;
		this.news = news;
		this.locks = locks;
		this.backend = backend;
	}

	/**
	 * Sends buyers to all instances at once, for a concert with the lock and for one
	 * without.
	 * @param buyers how many
	 * @param seats for how many seats
	 */
	void rush(int buyers, int seats) {
		long rush = this.tickets.nextRush();
		Concert locked = this.tickets.open(rush, Concert.Kind.LOCKED, seats, buyers);
		Concert unlocked = this.tickets.open(rush, Concert.Kind.UNLOCKED, seats, buyers);
		this.tickets.forgetBefore(rush - REMEMBERED_RUSHES);
		List<Instances.Instance> others = this.instances.list()
			.stream()
			.filter((instance) -> !isSelf(instance.name()) && this.peers.isOpen(instance))
			.toList();
		int sent = 0;
		for (int i = 0; i < others.size(); i++) {
			int count = (buyers - sent) / (others.size() + 1 - i);
			if (this.peers.rush(others.get(i).name(),
					new Crowd.Share(locked.id(), unlocked.id(), sent + 1, count, buyers))) {
				sent += count;
			}
		}
		this.crowd.rush(new Crowd.Share(locked.id(), unlocked.id(), sent + 1, buyers - sent, buyers));
	}

	/**
	 * Sends a buyer who takes long to one instance.
	 * @param name the instance
	 * @return {@code false} if it does not answer
	 * @throws InterruptedException if the thread is interrupted
	 */
	boolean slowBuyer(String name) throws InterruptedException {
		// Two clicks must not open two concerts: a lock without the annotation
		Concert concert = this.locks.execute(LockSpec.of("open-concert"),
				(lock) -> concertForSlowBuyers(lock.fencingToken()));
		String buyer = "Slow buyer " + this.slowBuyers.incrementAndGet();
		if (isSelf(name)) {
			this.crowd.slowBuyer(concert.id(), buyer);
			return true;
		}
		return this.peers.slowBuyer(name, new Peers.SlowBuyer(concert.id(), buyer));
	}

	private Concert concertForSlowBuyers(long token) {
		// One that has seen newer tokens was sold with locks of another store, and would
		// refuse ours
		return this.tickets.latest(Concert.Kind.SLOW)
			.filter((latest) -> this.tickets.lastToken(latest.id()) < token)
			.filter((latest) -> this.tickets.seatsLeft(latest.id()) > 0)
			.orElseGet(() -> this.tickets.open(Long.MAX_VALUE, Concert.Kind.SLOW, SEATS_FOR_SLOW_BUYERS, 0));
	}

	/**
	 * Tries to sell with the oldest fencing token of the latest rush, as a seller would
	 * who slept for too long.
	 * @return what the database said
	 */
	String lateSale() {
		Optional<Concert> concert = this.tickets.latest(Concert.Kind.LOCKED);
		Optional<String> token = concert.stream()
			.flatMap((latest) -> this.tickets.sold(latest.id()).stream())
			.map(Ticket::token)
			.findFirst();
		if (concert.isEmpty() || token.isEmpty()) {
			return "Start a rush first: no ticket has been sold with a token yet";
		}
		try {
			this.boxOffice.sellWithToken(concert.get().id(), Long.parseLong(token.get()));
			return "Sold: nobody has sold with a newer token than " + token.get();
		}
		catch (StaleTokenException ex) {
			this.news.tell(News.Kind.BAD, String.valueOf(ex.getMessage()));
			return String.valueOf(ex.getMessage());
		}
	}

	/**
	 * What goes on in this instance.
	 * @return what only this instance knows
	 */
	LocalState localState() {
		List<LocalState.Holding> held = this.locks.held()
			.stream()
			.map((lock) -> new LocalState.Holding(lock.name(), this.self.toString(),
					String.valueOf(lock.fencingToken()), lock.state().name(), lock.heldFor().toMillis(),
					lock.remainingValidity().toMillis(), lock.waitersHere()))
			.toList();
		return new LocalState(held, this.crowd.counts(), this.news.items());
	}

	/**
	 * What goes on in all instances.
	 * @return all that the page shows
	 */
	ShopState state() {
		List<Instances.Instance> known = this.instances.list();
		Map<String, CompletableFuture<Optional<LocalState>>> questions = new LinkedHashMap<>();
		known.forEach((instance) -> questions.put(instance.name(), ask(instance)));
		Map<String, LocalState> answers = new LinkedHashMap<>();
		questions.forEach((name, question) -> question.join().ifPresent((answer) -> answers.put(name, answer)));
		List<ShopState.InstanceState> states = known.stream()
			.map((instance) -> new ShopState.InstanceState(instance.name(), instance.pid(), instance.databaseHost(),
					condition(instance, answers), instance.silentFor()))
			.toList();
		return new ShopState(this.self.toString(), this.backend, states, useDifferentStores(known, answers),
				outcome(Concert.Kind.LOCKED, answers), outcome(Concert.Kind.UNLOCKED, answers),
				outcome(Concert.Kind.SLOW, answers),
				answers.values().stream().flatMap((answer) -> answer.held().stream()).toList(),
				answers.values()
					.stream()
					.flatMap((answer) -> answer.news().stream())
					.sorted(Comparator.comparingLong(News.Item::at).reversed())
					.limit(20)
					.toList());
	}

	private CompletableFuture<Optional<LocalState>> ask(Instances.Instance instance) {
		if (isSelf(instance.name())) {
			return CompletableFuture.completedFuture(Optional.of(localState()));
		}
		return CompletableFuture.supplyAsync(() -> this.peers.state(instance.name()));
	}

	private static ShopState.Condition condition(Instances.Instance instance, Map<String, LocalState> answers) {
		if (answers.containsKey(instance.name())) {
			return ShopState.Condition.OPEN;
		}
		return instance.isAlive() ? ShopState.Condition.STOPPED : ShopState.Condition.DEAD;
	}

	private static boolean useDifferentStores(List<Instances.Instance> known, Map<String, LocalState> answers) {
		// After a restart of the store the instances notice its new name within a second
		// of each other
		return known.stream()
			.filter((instance) -> answers.containsKey(instance.name()))
			.map(Instances.Instance::store)
			.filter((store) -> !store.equals(LockStore.UNKNOWN))
			.distinct()
			.count() > 1;
	}

	private ShopState.@Nullable Outcome outcome(Concert.Kind kind, Map<String, LocalState> answers) {
		Concert concert = this.tickets.latest(kind).orElse(null);
		if (concert == null) {
			return null;
		}
		Tally.Counts counts = answers.values()
			.stream()
			.map((answer) -> answer.counts().getOrDefault(concert.id(), Tally.Counts.NONE))
			.reduce(Tally.Counts.NONE, Tally.Counts::plus);
		List<Ticket> sold = this.tickets.sold(concert.id());
		long soldTwice = sold.stream()
			.collect(Collectors.groupingBy(Ticket::seat, Collectors.counting()))
			.values()
			.stream()
			.filter((times) -> times > 1)
			.count();
		return new ShopState.Outcome(concert, sold.size(), Math.max(0, sold.size() - concert.seats()), (int) soldTwice,
				counts.soldOut() + counts.busy() + counts.failed(), counts, sold);
	}

	private boolean isSelf(String name) {
		return name.equals(this.self.toString());
	}

}
