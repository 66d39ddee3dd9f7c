package io.coordination.aop;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.annotation.AliasFor;

import io.coordination.aop.LockedClasses.Contract;
import io.coordination.aop.LockedClasses.Implementation;
import io.coordination.aop.LockedClasses.Whole;
import io.coordination.lock.LockHandle;
import io.coordination.lock.LockRegistry;
import io.coordination.lock.LockRegistryBuilder;
import io.coordination.memory.MemoryLockBackendFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Annotations on classes, repeated and composed ones, and what properties say of a name.
 */
class OverallSettingsTests extends LockedFixture<OverallSettingsTests.Service> {

	private static final LockLabels TUNED = new LockLabels("tuned", Map.of());

	OverallSettingsTests() {
		super(Service.class);
	}

	@Test
	void aClassSpeaksForItsPublicMethods() {
		run(runner().withBean(Whole.class).withBean(Contract.class, Implementation::new), (service) -> {
			assertThat(service.around(Whole.class, Whole::one)).containsExactly("whole");
			assertThat(service.around(Whole.class, Whole::own)).containsExactly("own");
			assertThat(service.around(Whole.class, Whole::hidden)).isEmpty();
			assertThat(service.around(Whole.class, (whole, locks) -> List.of(whole.toString()))).containsExactly("");
			assertThat(service.around(Contract.class, Contract::work)).containsExactly("contract");
		});
	}

	@Test
	void repeatedLocksAreHeldTogether() {
		run((service) -> {
			assertThat(service.two(1, 2)).containsExactly("a:1", "b:2");
			assertThat(service.sameTwice(1)).containsExactly("a:1");
		});
	}

	@Test
	void theMessageOfEitherLockIsTold() {
		run((service) -> {
			try (LockHandle other = registry().acquire("b:2")) {
				assertThat(other.fencingToken()).isPositive();
				CompletableFuture<List<String>> call = CompletableFuture.supplyAsync(() -> service.told(1, 2));
				assertThat(call).failsWithin(Duration.ofSeconds(10))
					.withThrowableOfType(ExecutionException.class)
					.havingCause()
					.withMessage("2 is busy");
			}
		});
	}

	@Test
	void composedAnnotationsCarryTheirAttributes() {
		run((service) -> {
			assertThat(service.composed(5)).containsExactly("composed:5");
			assertThat(terms(service, "composed", long.class).waitTime()).isEqualTo(Duration.ofMillis(7));
		});
	}

	@Test
	void whatThePropertiesSayOfANameComesFirst() {
		run(runner().withPropertyValues("coordination.lock.locks.tuned.wait-time=500ms",
				"coordination.lock.locks.tuned.lease-time=7s", "coordination.lock.locks.tuned.renewal=false",
				"coordination.lock.locks.tuned.max-hold-time=3s", "coordination.lock.locks.tuned.min-hold-time=1s",
				"coordination.lock.locks.tuned.on-lost=interrupt"), (service) -> {
					LockedMethod tuned = method(service, "tuned");
					assertThat(tuned.terms()).isEqualTo(new LockTerms(Duration.ofMillis(500), Duration.ofSeconds(7),
							false, Duration.ofSeconds(3), Duration.ofSeconds(1), true, TUNED));
					assertThat(tuned.onLost()).isEqualTo(OnLost.INTERRUPT);
				});
		run((service) -> {
			LockedMethod tuned = method(service, "tuned");
			assertThat(tuned.terms()).isEqualTo(new LockTerms(Duration.ofSeconds(1), Duration.ofSeconds(20), true,
					Duration.ofMinutes(1), Duration.ofMillis(1), false, TUNED));
			assertThat(tuned.onLost()).isEqualTo(OnLost.IGNORE);
		});
	}

	@Test
	void registriesAreNamedAndAskedInOneOrder() {
		runner().withUserConfiguration(Registries.class).withBean(Elsewhere.class).run((context) -> {
			Elsewhere elsewhere = context.getBean(Elsewhere.class);
			LockedMethods methods = context.getBean(LockedMethods.class);
			assertThat(methods.get(Elsewhere.class.getMethod("both"), Elsewhere.class).groups())
				.extracting(LockedMethod.Group::id)
				.containsExactly("first", "second");
			assertThat(elsewhere.both()).isEqualTo("a in first, b in second");
			assertThat(methods.get(Elsewhere.class.getMethod("sameRegistry"), Elsewhere.class).groups())
				.as("the primary one is the same with its name")
				.extracting(LockedMethod.Group::id)
				.containsExactly("first");
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			DifferentWaits    | its locks are acquired together, but have different values of 'waitTime': [PT1S, PT2S].
			DifferentMessages | its locks are acquired together, but have different values of 'message': [one, other].
			UnknownRegistry   | registry = "frist" is no bean of type LockRegistry.
			ExpiryWithoutTime | release = ON_EXPIRY keeps the lock for its lease time, but there is none.
			ExpiryWithMinimum | release = ON_EXPIRY keeps the lock for its lease time, so it cannot have a minimum hold
			TokenOfText       | @FencingToken is for one parameter of type long, but is on one of type java.lang.String.
			TwoTokens         | @FencingToken is for one parameter of type long, but is on 2 parameters.
			TokenOfMany       | @FencingToken is for a method with one lock: each of several has a token of its own.
			""")
	void whatCannotBeIsRefusedAtStartUp(String type, String message) throws Exception {
		Class<?> bean = Class.forName(OverallSettingsTests.class.getName() + "$" + type);
		runner().withBean(bean)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidDistributedLockException.class)
				.message()
				.contains(message));
	}

	private LockedMethod method(Service service, String name) throws Exception {
		return service.methods().get(Service.class.getMethod(name), AopUtils.getTargetClass(service));
	}

	private LockTerms terms(Service service, String name, Class<?>... parameters) throws Exception {
		return service.methods()
			.get(Service.class.getMethod(name, parameters), AopUtils.getTargetClass(service))
			.terms();
	}

	static List<String> names(LockRegistry locks) {
		return locks.held().stream().map((held) -> held.name()).sorted().toList();
	}

	@Retention(RetentionPolicy.RUNTIME)
	@DistributedLock(waitTime = "7ms", key = "#id")
	@interface OurLock {

		@AliasFor(annotation = DistributedLock.class, attribute = "name")
		String value();

	}

	static class Service {

		private final BeanFactory beans;

		Service(BeanFactory beans) {
			this.beans = beans;
		}

		public LockedMethods methods() {
			return this.beans.getBean(LockedMethods.class);
		}

		public <T> List<String> around(Class<T> type, BiFunction<T, LockRegistry, List<String>> call) {
			return call.apply(this.beans.getBean(type), this.beans.getBean(LockRegistry.class));
		}

		@DistributedLock(name = "b", key = "#second")
		@DistributedLock(name = "a", key = "#first")
		public List<String> two(long first, long second) {
			return names(this.beans.getBean(LockRegistry.class));
		}

		@DistributedLock(name = "a", key = "#first", waitTime = "0")
		@DistributedLock(name = "b", key = "#second", message = "#{#second} is busy")
		public List<String> told(long first, long second) {
			return List.of();
		}

		@DistributedLock(name = "a", key = "#first")
		@DistributedLock(name = "a", key = "#p0")
		public List<String> sameTwice(long first) {
			return names(this.beans.getBean(LockRegistry.class));
		}

		@OurLock("composed")
		public List<String> composed(long id) {
			return names(this.beans.getBean(LockRegistry.class));
		}

		@DistributedLock(name = "tuned", waitTime = "1s", leaseTime = "20s", renewal = Renewal.ENABLED,
				maxHoldTime = "1m", minHoldTime = "1ms", onLost = OnLost.IGNORE)
		public void tuned() {
		}

	}

	static class Elsewhere {

		private final Map<String, LockRegistry> registries;

		Elsewhere(Map<String, LockRegistry> registries) {
			this.registries = registries;
		}

		@DistributedLock("b")
		@DistributedLock(name = "a", registry = "first")
		public void sameRegistry() {
		}

		@DistributedLock(name = "b", registry = "${no.such:second}")
		@DistributedLock(name = "a", registry = "first")
		public String both() {
			return this.registries.entrySet()
				.stream()
				.sorted(Map.Entry.comparingByKey())
				.map((entry) -> String.join(",", names(entry.getValue())) + " in " + entry.getKey())
				.collect(Collectors.joining(", "));
		}

	}

	static class DifferentWaits {

		@DistributedLock(name = "a", waitTime = "1s")
		@DistributedLock(name = "b", waitTime = "2s")
		public void work() {
		}

	}

	static class DifferentMessages {

		@DistributedLock(name = "a", message = "one")
		@DistributedLock(name = "b", message = "other")
		public void work() {
		}

	}

	static class UnknownRegistry {

		@DistributedLock(registry = "frist")
		public void work() {
		}

	}

	static class ExpiryWithoutTime {

		@DistributedLock(release = ReleasePolicy.ON_EXPIRY)
		public void work() {
		}

	}

	static class ExpiryWithMinimum {

		@DistributedLock(release = ReleasePolicy.ON_EXPIRY, leaseTime = "1s", minHoldTime = "1s")
		public void work() {
		}

	}

	static class TokenOfText {

		@DistributedLock
		public void work(@FencingToken String token) {
		}

	}

	static class TwoTokens {

		@DistributedLock
		public void work(@FencingToken long one, @FencingToken long two) {
		}

	}

	static class TokenOfMany {

		@DistributedLock("a")
		@DistributedLock("b")
		public void work(@FencingToken long token) {
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Registries {

		@Bean(destroyMethod = "close")
		@Primary
		LockRegistry first() {
			return LockRegistryBuilder.of(new MemoryLockBackendFactory()).build();
		}

		@Bean(destroyMethod = "close")
		LockRegistry second() {
			return LockRegistryBuilder.of(new MemoryLockBackendFactory()).build();
		}

	}

}
