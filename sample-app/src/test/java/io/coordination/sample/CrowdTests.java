package io.coordination.sample;

import java.time.Duration;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.ContextConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The doors between the crowds of two instances.
 */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@ContextConfiguration(initializers = OwnDirectory.class)
class CrowdTests {

	@Autowired
	private BoxOffice boxOffice;

	@Autowired
	private Tickets tickets;

	@Autowired
	private News news;

	@Autowired
	private SampleProperties properties;

	private Crowd crowd;

	private Crowd slowCrowd;

	private Concert locked;

	private Concert unlocked;

	@BeforeEach
	void open() {
		this.crowd = crowd(this.properties.thinkTime(), Duration.ofMinutes(1));
		this.slowCrowd = crowd(Duration.ofSeconds(1), Duration.ofMinutes(1));
		this.locked = this.tickets.open(1, Concert.Kind.LOCKED, 10, 20);
		this.unlocked = this.tickets.open(1, Concert.Kind.UNLOCKED, 10, 20);
	}

	private Crowd crowd(Duration thinkTime, Duration patience) {
		return new Crowd(this.boxOffice, this.tickets,
				new SampleProperties(this.properties.directory(), this.properties.database(),
						this.properties.existingRedisPort(), this.properties.redisPort(), thinkTime, thinkTime,
						patience),
				this.news);
	}

	@AfterEach
	void close() {
		this.crowd.close();
		this.slowCrowd.close();
	}

	@Test
	void nobodyIsServedBeforeAllHaveArrived() {
		this.crowd.rush(share(1, 10));
		await().until(() -> this.tickets.arrivals(this.unlocked.id()) == 10);
		assertThat(Stream.of(this.locked, this.unlocked)).allSatisfy((concert) -> {
			assertThat(this.crowd.counts().get(concert.id()).open()).isEqualTo(10);
			assertThat(this.tickets.sold(concert.id())).isEmpty();
		});

		this.tickets.arrived(this.unlocked.id(), 10);
		await().until(() -> hasServed(this.crowd));
		assertThat(this.tickets.sold(this.locked.id())).hasSize(10);
	}

	@Test
	void tooManyAreSoldWithoutTheLockEvenIfOneInstanceServesAllItsBuyersBeforeTheOtherServesOne() {
		this.crowd.rush(share(1, 10));
		await().until(() -> this.tickets.arrivals(this.unlocked.id()) == 10);
		this.slowCrowd.rush(share(11, 10));
		await().until(() -> hasServed(this.crowd) && hasServed(this.slowCrowd));
		assertThat(this.tickets.sold(this.unlocked.id())).hasSize(20);
		assertThat(this.tickets.sold(this.locked.id())).hasSize(10).extracting(Ticket::seat).doesNotHaveDuplicates();
	}

	@Test
	void doorsOpenWithoutBuyersWhoDoNotArrive() {
		Crowd impatient = crowd(this.properties.thinkTime(), Duration.ofMillis(200));
		impatient.rush(share(1, 15));
		await().until(() -> hasServed(impatient));
		assertThat(this.tickets.sold(this.locked.id())).hasSize(10);
		assertThat(this.news.items()).extracting(News.Item::text)
			.contains("The doors open after 200 ms, although not all buyers have arrived");
		impatient.close();
	}

	private Crowd.Share share(int first, int buyers) {
		return new Crowd.Share(this.locked.id(), this.unlocked.id(), first, buyers, 20);
	}

	private boolean hasServed(Crowd crowd) {
		return crowd.counts().values().stream().allMatch((counts) -> counts.open() == 0);
	}

	private static ConditionFactory await() {
		return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
	}

}
