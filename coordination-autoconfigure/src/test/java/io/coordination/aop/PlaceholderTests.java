package io.coordination.aop;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.mock.env.MockEnvironment;
import org.springframework.util.ReflectionUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Placeholders in keys, conditions and messages: resolved before anything is parsed, so
 * that what they stand for is read like what is written there.
 */
class PlaceholderTests {

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	private final MockEnvironment environment = new MockEnvironment().withProperty("shop.region", "eu")
		.withProperty("shop.limit", "41")
		.withProperty("shop.part", "#id")
		.withProperty("shop.blank", " ")
		.withProperty("shop.resolver", "byTenant");

	@BeforeEach
	void resolvePlaceholders() {
		this.beans.addEmbeddedValueResolver(this.environment::resolveRequiredPlaceholders);
	}

	void buy(long id) {
		assertThat(id).isPositive();
	}

	@Test
	void keysHaveTheirValue() {
		assertThat(names(Map.of("key", "${shop.region}"))).containsExactly("shop:eu");
		assertThat(names(Map.of("key", "'${shop.region}/' + #id"))).containsExactly("shop:eu/42");
		assertThat(names(Map.of("key", "${shop.region}/#{#id}"))).containsExactly("shop:eu/42");
		assertThat(names(Map.of("key", "${shop.part}"))).containsExactly("shop:42");
		assertThat(names(Map.of("key", "${shop.none:us}"))).containsExactly("shop:us");
		assertThat(names(Map.of("keys", new String[] { "${shop.region}", "#id" }))).containsExactly("shop:eu",
				"shop:42");
	}

	@Test
	void resolversHaveTheirName() {
		this.beans.registerSingleton("byTenant", (LockKeyResolver) (call) -> List.of("acme"));
		assertThat(names(Map.of("keyResolver", "${shop.resolver}"))).containsExactly("shop:acme");
	}

	@Test
	void conditionsAndMessagesHaveTheirValue() {
		assertThat(read(Map.of("condition", "#id > ${shop.limit}")).applies(this, method(), arguments())).isTrue();
		assertThat(read(Map.of("condition", "#id < ${shop.limit}")).applies(this, method(), arguments())).isFalse();
		assertThat(read(Map.of("message", "#{#id} in ${shop.region}")).message(this, method(), arguments(), "shop",
				Duration.ZERO, "the default"))
			.isEqualTo("42 in eu");
	}

	@Test
	void placeholdersWithoutAValueAreReported() {
		for (Map<String, Object> attributes : List.<Map<String, Object>>of(Map.of("key", "${shop.regoin}"),
				Map.of("keys", new String[] { "${shop.regoin}" }), Map.of("condition", "${shop.regoin}"),
				Map.of("message", "${shop.regoin}"), Map.of("keyResolver", "${shop.regoin}"))) {
			String attribute = attributes.keySet().iterator().next();
			assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> read(attributes))
				.withMessageContaining(attribute + " = \"${shop.regoin}\" has a placeholder without a value: ")
				.satisfies((ex) -> assertThat(ex.analysis().getAction()).contains("${some.property:default}"));
		}
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> read(Map.of("key", "${shop.blank}")))
			.withMessageContaining("key = \"${shop.blank}\" is blank.");
	}

	@Test
	void whatTheyStandForIsChecked() {
		this.environment.setProperty("shop.part", "#idd");
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> read(Map.of("key", "${shop.part}")))
			.withMessageContaining("key = \"#idd\" uses '#idd', which is no parameter.");
	}

	private Method method() {
		return Objects.requireNonNull(ReflectionUtils.findMethod(PlaceholderTests.class, "buy", long.class));
	}

	private static @Nullable Object[] arguments() {
		return new Object[] { 42L };
	}

	private List<String> names(Map<String, Object> attributes) {
		return read(attributes).names(this, method(), arguments());
	}

	private MethodKeys read(Map<String, Object> attributes) {
		return MethodKeys.read("Shop.buy(…)", MergedAnnotation.of(DistributedLock.class, attributes).synthesize(),
				"shop", "com.example.Shop#buy(long)", method(), this.beans, new Placeholders(this.beans), 100);
	}

}
