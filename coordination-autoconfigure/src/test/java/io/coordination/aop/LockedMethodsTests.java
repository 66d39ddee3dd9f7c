package io.coordination.aop;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.ConnectableFlux;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.ParallelFlux;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.support.PropertySourcesPlaceholderConfigurer;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import io.coordination.aop.AnnotatedSamples.Samples;
import io.coordination.lock.LockSpec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link LockedMethods}.
 */
class LockedMethodsTests {

	private final LockedMethods methods = new LockedMethods(beanFactory(), LockedMethodsTests::properties);

	@Test
	void readsTimes() {
		LockedMethod method = read("times");
		assertThat(method.terms().waitTime()).isEqualTo(Duration.ofMillis(1500));
		assertThat(method.terms().leaseTime()).isEqualTo(Duration.ofMinutes(1));
		assertThat(read("unboundedWait").terms().waitTime()).isEqualTo(LockSpec.UNBOUNDED);
		assertThat(read("plain").terms().waitTime()).isNull();
		assertThat(read("plain").terms().leaseTime()).isNull();
	}

	@Test
	void readsOnce() {
		assertThat(read("plain")).isSameAs(read("plain"));
	}

	@Test
	void readsWhileItReads() throws Exception {
		Method registry = Samples.class.getDeclaredMethod("otherRegistry");
		Method plain = Samples.class.getDeclaredMethod("plain");
		LockedMethods[] methods = new LockedMethods[1];
		methods[0] = new LockedMethods(new DefaultListableBeanFactory() {

			@Override
			public boolean containsBean(String name) {
				// As a factory does that is asked for its type, and needs beans for it
				Class<?> type = Samples.class;
				for (int i = 0; i < 20; i++) {
					type = type.arrayType();
					assertThat(methods[0].get(plain, type)).isNotNull();
				}
				return false;
			}

		}, LockedMethodsTests::properties);
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> methods[0].get(registry, Samples.class))
			.withMessageContaining("registry = \"other\" is no bean");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					negativeWait      | waitTime = "-1s" is negative.
					wordWait          | waitTime = "soon" is no duration.
					noUnitWait        | waitTime = "500" has no unit.
					signedWait        | waitTime = "+500" has no unit.
					missingWait       | waitTime = "${no.such}" has a placeholder without a value: Could not resolve placeholder 'no.such' in value "${no.such}".
					blankWait         | waitTime = "${blank}" is blank.
					zeroLease         | leaseTime = "0" is not positive.
					negativeLease     | leaseTime = "-PT2S" is not positive.
					unboundedLease    | leaseTime = "unbounded" is no duration.
					longLease         | leaseTime = "25h" is too long.
					blankName         | name = "${blank}" is blank.
					expressionName    | name = "order-#{#id}" looks like an expression, but a name is plain text: all calls would share it.
					variableName      | name = "#id" looks like an expression, but a name is plain text: all calls would share it.
					partlyVariableName | name = "order:#id" looks like an expression, but a name is plain text: all calls would share it.
					joinedName        | name = "'order-' + #id" looks like an expression, but a name is plain text: all calls would share it.
					twoNames          | Different @AliasFor mirror values for annotation [io.coordination.aop.DistributedLock] declared on void io.coordination.aop.AnnotatedSamples$Samples.twoNames(); attribute 'name' and its alias 'value' are declared with values of [a] and [b].
					controlName       | The name of a lock must have no control characters, but has U+0000 at 1: 'a\ufffdb'.
					skippedPrimitive  | onBusy = SKIP, but a call that is skipped has no int to return.
					badKey            | key = "#idd" uses '#idd', which is no parameter.
					""")
	void refuses(String method, String problem) {
		assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> read(method))
			.withMessage("@DistributedLock on " + Samples.class.getName() + "." + method
					+ (method.equals("badKey") ? "(long)" : "()") + ": " + problem.replace("\\ufffd", "\ufffd"))
			.satisfies((ex) -> assertThat(ex.analysis().getAction()).isNotBlank());
	}

	@Test
	void saysWhichKeyAnExpressionInANameWasToBe() {
		assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> read("propertyName"))
			.satisfies((ex) -> assertThat(ex.analysis().getAction())
				.isEqualTo("What differs from call to call is the key: key = \"#order.no\"."));
	}

	@Test
	void saysWhatADurationMayBe() {
		assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> read("negativeWait"))
			.satisfies((ex) -> assertThat(ex.analysis().getAction())
				.isEqualTo("Use a number with a unit such as '500ms' or '2s', ISO-8601 such as 'PT1M', or a ${…} "
						+ "placeholder for one; '0' asks once, 'unbounded' waits for ever."));
	}

	@ParameterizedTest
	@CsvSource({ "future, java.util.concurrent.Future", "callable, java.util.concurrent.Callable",
			"stream, java.util.stream.Stream", "own, io.coordination.aop.LockedMethodsTests$OwnFuture",
			"stage, io.coordination.aop.LockedMethodsTests$OwnStage",
			"connectable, reactor.core.publisher.ConnectableFlux", "parallel, reactor.core.publisher.ParallelFlux" })
	void refusesMethodsWhoseWorkGoesOn(String method, String type) {
		assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> read(method))
			.withMessage("@DistributedLock on " + Samples.class.getName() + "." + method + "(): the method returns "
					+ type + ", so its work would go on after the lock was released.")
			.satisfies((ex) -> assertThat(ex.analysis().getAction())
				.isEqualTo("Return the result itself, a CompletableFuture, a Mono or a Flux (with Reactor on the class "
						+ "path). With release = AFTER_INVOCATION the lock is for the call alone."));
	}

	@ParameterizedTest
	@CsvSource({ "mono, REACTIVE", "flux, REACTIVE", "publisher, REACTIVE", "completable, STAGE", "async, STAGE",
			"plain, VALUE" })
	void knowsHowToTellWhenTheWorkIsDone(String method, ReturnType.Kind kind) {
		assertThat(read(method).returned().kind()).isEqualTo(kind);
		assertThat(read(method).outlastsCall()).isEqualTo(kind != ReturnType.Kind.VALUE);
	}

	@Test
	void findsOutWhatAGenericMethodReturns() {
		LockedMethod late = this.methods.get(Arrays.stream(Generic.class.getDeclaredMethods())
			.filter((method) -> !method.isSynthetic())
			.findFirst()
			.orElseThrow(), Late.class);
		assertThat(late.returned().kind()).isEqualTo(ReturnType.Kind.REACTIVE);
	}

	private LockedMethod read(String name) {
		return this.methods.get(Arrays.stream(Samples.class.getDeclaredMethods())
			.filter((method) -> method.getName().equals(name))
			.findFirst()
			.orElseThrow(), Samples.class);
	}

	private static DistributedLockProperties properties() {
		return new Binder().bindOrCreate("coordination.lock", DistributedLockProperties.class);
	}

	private static DefaultListableBeanFactory beanFactory() {
		DefaultListableBeanFactory beanFactory = new DefaultListableBeanFactory();
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.addFirst(new MapPropertySource("test", Map.of("wait", "1500ms", "blank", " ")));
		PropertySourcesPlaceholderConfigurer configurer = new PropertySourcesPlaceholderConfigurer();
		configurer.setEnvironment(environment);
		configurer.postProcessBeanFactory(beanFactory);
		return beanFactory;
	}

	interface OwnStage extends CompletionStage<String> {

	}

	interface OwnFuture extends Future<String> {

	}

	static class Generic<T> {

		@DistributedLock
		@Nullable T late() {
			return null;
		}

	}

	static class Late extends Generic<Mono<String>> {

	}

}
