package io.coordination.sample;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

import io.coordination.lock.LockHandle;
import io.coordination.lock.LockLostException;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockSpec;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ApplicationContext;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.test.context.ContextConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * One instance, with all that it is made of.
 */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT, properties = "sample.slow-think-time=10ms")
@ContextConfiguration(initializers = OwnDirectory.class)
class SampleApplicationTests {

	@LocalServerPort
	private int port;

	@Autowired
	private BoxOffice boxOffice;

	@Autowired
	private Tickets tickets;

	@Autowired
	private ApplicationContext context;

	@Autowired
	private LockRegistry coordinationLockRegistry;

	private ShopClient shop;

	@BeforeEach
	void connect() {
		this.shop = new ShopClient(this.port);
	}

	@Test
	void rushWithTheLockSellsEverySeatOnce() {
		ShopState.Outcome locked = this.shop.rush(60, 30).locked();
		assertThat(locked.sold()).isEqualTo(30);
		assertThat(locked.soldTwice()).isZero();
		assertThat(locked.refused()).isEqualTo(30);
		assertThat(this.coordinationLockRegistry.held()).isEmpty();
	}

	@Test
	void rushWithoutTheLockSellsMoreTicketsThanSeats() {
		ShopState.Outcome unlocked = this.shop.rush(60, 30).unlocked();
		assertThat(unlocked.sold()).isGreaterThan(30);
		assertThat(unlocked.oversold()).isEqualTo(unlocked.sold() - 30);
		assertThat(unlocked.soldTwice()).isPositive();
	}

	@Test
	void endpointsSellOneTicket() {
		Concert concert = this.tickets.open(1, Concert.Kind.LOCKED, 2, 3);
		assertThat(sell(concert, "with-lock").body()).isEqualTo("{\"answer\":\"sold\"}");
		assertThat(sell(concert, "without-lock").body()).isEqualTo("{\"answer\":\"sold\"}");
		assertThat(sell(concert, "with-lock").body()).isEqualTo("{\"answer\":\"sold out\"}");
	}

	private HttpResponse<String> sell(Concert concert, String how) {
		return this.shop.post("concerts/" + concert.id() + "/" + how, "{\"buyer\":\"Ada\"}");
	}

	@Test
	void databaseRefusesAStaleToken() throws InterruptedException {
		Concert concert = this.tickets.open(1, Concert.Kind.LOCKED, 3, 3);
		BoxOffice.Thinking thinking = BoxOffice.Thinking.of(Duration.ZERO);
		this.boxOffice.sellWithLock(concert.id(), "Ada", thinking);
		this.boxOffice.sellWithLock(concert.id(), "Grace", thinking);
		long stale = Long.parseLong(this.tickets.sold(concert.id()).get(0).token());
		long newest = Long.parseLong(this.tickets.sold(concert.id()).get(1).token());
		assertThatExceptionOfType(StaleTokenException.class)
			.isThrownBy(() -> this.boxOffice.sellWithToken(concert.id(), stale))
			.withMessage("The database refused a sale for concert %d: its token %d is older than %d, which it has seen",
					concert.id(), stale, newest);
		assertThat(this.tickets.sold(concert.id())).extracting(Ticket::buyer).containsExactly("Ada", "Grace");
	}

	@Test
	void databaseRefusesAStaleTokenWhileTheNextHolderThinks() throws InterruptedException {
		Concert concert = this.tickets.open(1, Concert.Kind.LOCKED, 3, 3);
		long stale = this.coordinationLockRegistry.execute(LockSpec.of("concert:" + concert.id()),
				LockHandle::fencingToken);
		this.boxOffice.sellWithLock(concert.id(), "Ada",
				() -> assertThat(CompletableFuture.runAsync(() -> this.boxOffice.sellWithToken(concert.id(), stale)))
					.failsWithin(Duration.ofSeconds(60))
					.withThrowableOfType(ExecutionException.class)
					.withCauseInstanceOf(StaleTokenException.class));
		assertThat(this.tickets.sold(concert.id())).extracting(Ticket::buyer).containsExactly("Ada");
	}

	@Test
	void nothingIsSoldIfTheLockWasLostMeanwhile() {
		Concert concert = this.tickets.open(1, Concert.Kind.LOCKED, 3, 3);
		LockSpec lock = LockSpec.of("concert:" + concert.id());
		assertThatExceptionOfType(LockLostException.class)
			.isThrownBy(() -> this.boxOffice.sellWithLock(concert.id(), "Ada", () -> {
				lose(concert);
				assertThat(this.coordinationLockRegistry.execute(lock, LockHandle::verify).toCompletableFuture().join())
					.isFalse();
			}));
		assertThat(this.tickets.sold(concert.id())).isEmpty();
	}

	/**
	 * Takes the lock from its holder, who does not notice.
	 */
	void lose(Concert concert) {
		this.context.getBean(StringRedisTemplate.class)
			.delete("coordination:ticket-shop:{concert:" + concert.id() + "}");
	}

	@Test
	void slowBuyersGetAConcertThatThisStoreCanSellTicketsFor() {
		Concert other = this.tickets.open(1, Concert.Kind.SLOW, 3, 0);
		this.tickets.announceToken(other.id(), Long.MAX_VALUE);
		for (int i = 0; i < 2; i++) {
			assertThat(this.shop.post("slow-buyer", "{\"instance\":\"" + this.port + "\"}").statusCode())
				.isEqualTo(200);
		}
		ShopState.Outcome slow = Awaitility.await()
			.atMost(Duration.ofSeconds(60))
			.until(() -> this.shop.state().slow(), (outcome) -> outcome.counts().open() == 0);
		assertThat(slow.concert().id()).isGreaterThan(other.id());
		assertThat(slow.sold()).isEqualTo(2);
	}

	@Test
	void rushOfNonsenseIsRefused() {
		assertThat(this.shop.post("rush", "{\"buyers\":0,\"seats\":100}").statusCode()).isEqualTo(400);
		assertThat(this.shop.post("rush", "{\"buyers\":10,\"seats\":1000000}").statusCode()).isEqualTo(400);
	}

	@Test
	void slowBuyerOfAnUnknownInstanceIsReported() {
		assertThat(this.shop.post("slow-buyer", "{\"instance\":\"1\"}").statusCode()).isEqualTo(502);
	}

}
