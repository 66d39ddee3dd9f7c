package io.coordination.faults;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import io.coordination.redis.RedisServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many threads of two processes on few names, for long. Catches what happens once in a
 * hundred thousand times: two inside at once (a lost update, an overlap), a token that is
 * not larger than the one before, a waiter that nobody wakes, a queue entry or a lock
 * that nobody removes. {@link WitnessTests} shows that the witness complains without a
 * lock.
 * <p>
 * The system property {@code coordination.test.load-seconds} sets how long; 60 if it is
 * not set.
 */
@Tag("load")
class LoadTests {

	private static final Duration DURATION = Duration.ofSeconds(Long.getLong("coordination.test.load-seconds", 60));

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final String[] NAMES = { "apples", "pears", "plums" };

	@Test
	@Timeout(value = 15, unit = TimeUnit.MINUTES)
	void twoProcessesWithSixteenThreadsEachNeverMeetInside() {
		try (RedisServer redis = RedisServer.start(); RedisServer resource = RedisServer.start()) {
			Map<String, Long> visits = new TreeMap<>();
			try (ChildJvm one = worker(redis, resource); ChildJvm two = worker(redis, resource)) {
				one.expect("ready", PATIENCE);
				two.expect("ready", PATIENCE);
				one.tell("go");
				two.tell("go");
				for (ChildJvm child : new ChildJvm[] { one, two }) {
					for (String name : NAMES) {
						long visited = Long.parseLong(child.expect("visited " + name, DURATION.plus(PATIENCE)));
						assertThat(visited).as("%s had its turns on %s", child, name).isPositive();
						visits.merge(name, visited, Long::sum);
					}
					assertThat(child.expect("failures", PATIENCE)).as(child.output()).isEqualTo("0");
					assertThat(child.expect("still waiting", PATIENCE)).as(child.output()).isEqualTo("0");
					assertThat(child.expect("still held", PATIENCE)).as(child.output()).isEqualTo("0");
					assertThat(child.expect("threads left", PATIENCE)).as(child.output()).isEqualTo("[]");
				}
			}
			try (Witness witness = new Witness(resource.port(), "test")) {
				assertThat(witness.violations()).isEmpty();
				visits.forEach((name, visited) -> assertThat(witness.counted(name)).as(name).isEqualTo(visited));
			}
			try (RedisProbe probe = new RedisProbe(redis.port())) {
				assertThat(probe.askList("KEYS", "*")).containsExactly(Instance.fenceKey());
			}
			System.out.println("Visits within " + DURATION + ": " + visits);
		}
	}

	private static ChildJvm worker(RedisServer redis, RedisServer resource) {
		return ChildJvm.start(LoadWorker.class, Integer.toString(redis.port()), Integer.toString(resource.port()),
				Long.toString(DURATION.toSeconds()), "16", String.join(",", NAMES));
	}

}
