package io.coordination.aop;

import java.lang.reflect.Constructor;
import java.util.List;
import java.util.function.Predicate;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.TypeReference;
import org.springframework.aot.hint.annotation.ReflectiveRuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import io.coordination.aop.HintedBeans.Orders.Customer;
import io.coordination.aop.HintedBeans.Orders.Item;
import io.coordination.aop.HintedBeans.Orders.Order;
import io.coordination.aop.HintedBeans.Orders.Place;
import io.coordination.aop.HintedBeans.Orders.Refused;
import io.coordination.aop.HintedBeans.Orders.Tenants;
import io.coordination.aop.HintedBeans.KeyOfOrder;
import io.coordination.aop.HintedBeans.Label;
import io.coordination.aop.HintedBeans.Orders;
import io.coordination.aop.HintedBeans.Tag;
import io.coordination.lock.LockNotAcquiredException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a native image is told of the methods of beans. Each of these would fail there at
 * the first call, or at the first busy lock, with a hint missing.
 */
class AotHintsTests {

	private static RuntimeHints hints;

	@BeforeAll
	static void process() {
		hints = Aot.hints(AotHintsTests.Beans.class);
	}

	@ParameterizedTest
	@ValueSource(strings = { "pay", "refund", "composed", "repeated", "ofItsInterface" })
	void annotatedMethodsCanBeInvoked(String method) {
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Orders.class, method)).accepts(hints);
	}

	@Test
	void methodsOfAnnotatedClassesCanBeInvoked() throws NoSuchMethodException {
		RuntimeHints alone = new RuntimeHints();
		new LockedMethodHints(alone.reflection(), OfClass.class, (name) -> null,
				new Placeholders(new DefaultListableBeanFactory()))
			.register(OfClass.class.getMethod("ofItsClass"));
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(OfClass.class, "ofItsClass")).accepts(alone);
	}

	@Test
	void methodsOfInterfacesThatCarryTheAnnotationCanBeInvoked() {
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(OfInterface.class, "ofItsInterface"))
			.accepts(hints);
	}

	@ParameterizedTest
	@ValueSource(strings = { "pay", "composed", "repeated" })
	void theAnnotationItselfHasMethodsRegistered(String method) {
		RuntimeHints reflective = new RuntimeHints();
		new ReflectiveRuntimeHintsRegistrar().registerRuntimeHints(reflective, Orders.class);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Orders.class, method)).accepts(reflective);
	}

	@ParameterizedTest
	@ValueSource(strings = { "inProgress", "tooSoon", "ofTheOther" })
	void fallbacksCanBeInvoked(String method) {
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Orders.class, method)).accepts(hints);
	}

	@Test
	void othersAreLeftAlone() {
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Orders.class, "unrelated")).rejects(hints);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Order.class, "getNote")).rejects(hints);
		assertThat(RuntimeHintsPredicates.reflection().onType(Unused.class)).rejects(hints);
	}

	@Test
	void exceptionsCanBeMade() throws NoSuchMethodException {
		Constructor<?> constructor = Refused.class.getConstructor(String.class, Throwable.class);
		assertThat(RuntimeHintsPredicates.reflection().onConstructorInvocation(constructor)).accepts(hints);
	}

	@Test
	void handlersCanBeFoundByTheirType() {
		assertThat(RuntimeHintsPredicates.reflection().onType(Handling.class)).accepts(hints);
	}

	@Test
	void gettersOfParametersCanBeRead() {
		assertThat(reads(Order.class, "getCustomer")).accepts(hints);
		assertThat(reads(Order.class, "isUrgent")).accepts(hints);
	}

	@Test
	void gettersOfWhatPropertiesGiveCanBeRead() {
		assertThat(reads(Customer.class, "place")).as("in a key").accepts(hints);
		assertThat(reads(Place.class, "zip")).as("accessor of a record").accepts(hints);
	}

	@Test
	void propertiesOfElementsCanBeRead() {
		assertThat(reads(Item.class, "sku")).as("in a projection").accepts(hints);
		assertThat(reads(Item.class, "count")).as("in a selection").accepts(hints);
		assertThat(reads(Item.class, "shelf")).as("behind an index").accepts(hints);
		assertThat(reads(Item.class, "weight")).as("in a map").accepts(hints);
	}

	@Test
	void publicFieldsCanBeRead() {
		assertThat(RuntimeHintsPredicates.reflection().onFieldAccess(Order.class, "code")).accepts(hints);
	}

	@Test
	void methodsThatAreCalledByExpressionsCanBeInvoked() {
		assertThat(reads(Order.class, "shortened")).accepts(hints);
		assertThat(reads(String.class, "trim")).accepts(hints);
	}

	@Test
	void conditionsAndMessagesCanBeRead() {
		assertThat(reads(Order.class, "getAmount")).as("in a condition").accepts(hints);
		assertThat(reads(Customer.class, "name")).as("in a message").accepts(hints);
	}

	@Test
	void beansAndTypesCanBeCalled() {
		assertThat(reads(Tenants.class, "current")).accepts(hints);
		assertThat(reads(Math.class, "sqrt")).accepts(hints);
	}

	@Test
	void whatAMessageKnowsOfTheCallCanBeRead() {
		assertThat(RuntimeHintsPredicates.reflection()
			.onType(LockMessage.Busy.class)
			.withMemberCategory(MemberCategory.INVOKE_PUBLIC_METHODS)).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection()
			.onType(CallRoot.class)
			.withMemberCategory(MemberCategory.INVOKE_PUBLIC_METHODS)).accepts(hints);
		assertThat(reads(Orders.class, "getRegion")).as("#root.target").accepts(hints);
	}

	@Test
	void textOfKeysCanBeTold() {
		assertThat(RuntimeHintsPredicates.reflection().onType(KeyOfOrder.class)).accepts(hints);
		assertThat(reads(KeyOfOrder.class, "part")).as("component of a record").accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onType(Tag.class)).as("element of a component").accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onType(Label.class)).as("value in a component").accepts(hints);
	}

	@Test
	void optionalLibrariesAreSeen() {
		for (String name : List.of("reactor.core.publisher.Flux", "reactor.core.scheduler.Schedulers",
				"org.springframework.transaction.support.TransactionSynchronization")) {
			assertThat(RuntimeHintsPredicates.reflection().onType(TypeReference.of(name))).accepts(hints);
		}
	}

	@Test
	void mistakesAreLeftToTheStart() {
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Mistaken.class, "mistaken"))
			.accepts(Aot.hints(Mistaken.class));
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(DistributedLockAutoConfiguration.class))
			.withUserConfiguration(Mistaken.class)
			.run((context) -> assertThat(context).hasFailed());
	}

	private static Predicate<RuntimeHints> reads(Class<?> type, String method) {
		return RuntimeHintsPredicates.reflection().onMethodInvocation(type, method);
	}

	interface OfInterface {

		@DistributedLock(name = "interface", key = "#order.short")
		void ofItsInterface(Order order);

	}

	@DistributedLock("class")
	static class OfClass {

		public void ofItsClass() {
		}

	}

	interface Handling extends LockFailureHandler {

	}

	static class Handler implements Handling {

		@Override
		public Object handle(LockInvocation invocation, LockNotAcquiredException busy) {
			return "";
		}

	}

	static class Unused {

		public String nothing(String id) {
			return id;
		}

	}

	static class Mistaken {

		@DistributedLock(name = "mistaken", key = "#nobody", fallbackMethod = "none", exception = NoMessage.class)
		public void mistaken(String id) {
		}

	}

	static class NoMessage extends RuntimeException {

		private static final long serialVersionUID = 1;

	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Orders orders() {
			return new Orders();
		}

		@Bean
		OfClass ofClass() {
			return new OfClass();
		}

		@Bean
		Handler handler() {
			return new Handler();
		}

		@Bean
		Tenants tenants() {
			return new Tenants();
		}

	}

}
