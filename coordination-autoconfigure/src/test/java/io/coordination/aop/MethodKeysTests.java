package io.coordination.aop;

import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.annotation.MergedAnnotation;

import io.coordination.lock.LockKeyException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The names of locks. An aspect that hands the text to SpEL, or takes what SpEL cannot
 * read for plain text, fails most of these.
 */
class MethodKeysTests {

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	MethodKeysTests() {
		this.beans.registerSingleton("shop", "Bazaar");
	}

	private final Method method = Arrays.stream(MethodKeysTests.class.getDeclaredMethods())
		.filter((one) -> one.getName().equals("buy"))
		.findFirst()
		.orElseThrow();

	private final @Nullable Object[] arguments = { 42L, List.of("b", "a", "b"), null, new int[] { 3, 4 } };

	void buy(long id, List<String> items, @Nullable String nothing, int[] numbers) {
		assertThat(items).isNotNull();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', commentCharacter = '%', textBlock = """
			reserveLock                        | shop:reserveLock
			daily-report                       | shop:daily-report
			a.b/c:d_e-1                        | shop:a.b/c:d_e-1
			order:#{#id}                       | shop:order:42
			#{#id}                             | shop:42
			#{#id}/#{#p0}                      | shop:42/42
			#{'a' + #id}:b                     | shop:a42:b
			#id                                | shop:42
			'o:' + #id                         | shop:o:42
			#root.method.name + #root.args[0]  | shop:buy42
			#root.targetClass.simpleName       | shop:MethodKeysTests
			#{#root.target.hashCode() * 0 + 7} | shop:7
			""")
	void knowsThreeForms(String key, String lock) {
		assertThat(names("shop", Map.of("key", key))).containsExactly(lock);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', commentCharacter = '%',
			textBlock = """
					#nothing           | The key "#nothing" of Shop.buy(…) is null
					order:#{#nothing}  | The key "order:#{#nothing}" of Shop.buy(…) is null
					#{' '}x            | The key "#{' '}x" of Shop.buy(…) is blank
					#{'a' + #nothing}  | The key "#{'a' + #nothing}" of Shop.buy(…) has a part that is null: #nothing
					#root.args[1]      | The key "#root.args[1]" of Shop.buy(…) must be a single value, but is of type java.util.
					order:#{#root.args[3]} | The key "order:#{#root.args[3]}" of Shop.buy(…) must be a single value, but is of type int[]
					""")
	void refusesKeysThatAreNone(String key, String message) {
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> names("shop", Map.of("key", key)))
			.withMessageStartingWith(message);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', commentCharacter = '%',
			textBlock = """
					id            | key = "id" is plain text, the same for all calls, but begins with the name of a parameter. | Did you mean '#id'?
					items.size    | key = "items.size" is plain text, the same for all calls, but begins with the name of a parameter. | Did you mean '#items.size'?
					order:#id     | key = "order:#id" is no SpEL expression: | Did you mean "order:#{#id}"?
					order:#{#idd} | key = "order:#{#idd}" uses '#idd', which is no parameter. | Did you mean '#id'?
					#id:#{#p0}    | key = "#id:#{#p0}" has '#id' outside of '#{' and '}', where it is plain text. | Write '#{#id}'.
					order:#{#id   | key = "order:#{#id" is no template: | Expressions go between
					${tenant}/#{#id} | key = "${tenant}/#{#id}" has a placeholder, but nothing resolves placeholders. | Declare a PropertySourcesPlaceholderConfigurer
					'${tenant}/' + #id | key = "'${tenant}/' + #id" has a placeholder, but nothing resolves placeholders. | Declare a PropertySourcesPlaceholderConfigurer
					#items        | key = "#items" uses '#items', a java.util.List, but must be a single value. | For a lock of each element use keys = "#items".
					order:#{#numbers} | key = "order:#{#numbers}" uses '#numbers', a int[], but must be a single value. | For a lock of each element
					@tennants.id  | key = "@tennants.id" uses '@tennants', which is no bean. | Did you mean '@tenants'?
					a#{@other.id} | key = "a#{@other.id}" uses '@other', which is no bean. | Correct its name, or make it a bean.
					order:#{id}   | key = "order:#{id}" uses 'id', which is no variable. | Did you mean '#id'?
					""")
	void refusesAtStartUpWhatCannotBeMeant(String key, String problem, String action) {
		this.beans.registerBeanDefinition("tenants", new RootBeanDefinition(Object.class));
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> names("shop", Map.of("key", key)))
			.withMessageStartingWith("@DistributedLock on Shop.buy(…): " + problem)
			.satisfies((ex) -> assertThat(ex.analysis().getAction()).startsWith(action));
	}

	@Test
	void severalKeysAreSeveralLocks() {
		assertThat(names("sku", Map.of("keys", new String[] { "#items", "#id", "fix", "n#{#id}", "#numbers" })))
			.containsExactly("sku:b", "sku:a", "sku:42", "sku:fix", "sku:n42", "sku:3", "sku:4");
	}

	@Test
	void severalKeysCanBeTooFewOrTooMany() {
		assertThatExceptionOfType(LockKeyException.class)
			.isThrownBy(() -> names("sku", Map.of("keys", "#items.?[false]")))
			.withMessage(
					"The keys of Shop.buy(…) are none: the call would run without a lock. Give it a 'condition' that "
							+ "is false where it needs none");
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> names("sku", Map.of("keys", "#nothing")));
		assertThatExceptionOfType(LockKeyException.class)
			.isThrownBy(() -> names("sku", Map.of("keys", "{#id, #nothing}")))
			.withMessage("The keys \"{#id, #nothing}\" of Shop.buy(…) is null");
		this.arguments[1] = IntStream.range(0, 101).boxed().toList();
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> names("sku", Map.of("keys", "#items")))
			.withMessage("The keys of Shop.buy(…) are more than 'coordination.lock.max-keys' allows (100)");
		this.arguments[1] = (Iterable<Integer>) () -> IntStream.iterate(0, (one) -> one + 1).iterator();
		assertThatExceptionOfType(LockKeyException.class).as("keys without an end")
			.isThrownBy(() -> names("sku", Map.of("keys", "#items")));
		this.arguments[1] = IntStream.range(0, 100).boxed().toList();
		assertThat(names("sku", Map.of("keys", "#items"))).hasSize(100);
	}

	@Test
	void aBeanMayFindTheKey() {
		this.beans.registerSingleton("resolver",
				(LockKeyResolver) (invocation) -> invocation.arguments().subList(0, 1));
		this.beans.registerSingleton("blank", (LockKeyResolver) (invocation) -> " ");
		this.beans.registerSingleton("other", "other");
		assertThat(names("sku", Map.of("keyResolver", "resolver"))).containsExactly("sku:42");
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> names("sku", Map.of("keyResolver", "blank")))
			.withMessage("The key that the keyResolver of Shop.buy(…) found is blank");
		this.beans.registerSingleton("nested", (LockKeyResolver) (invocation) -> List.of(List.of("a")));
		assertThatExceptionOfType(LockKeyException.class)
			.isThrownBy(() -> names("sku", Map.of("keyResolver", "nested")))
			.withMessageStartingWith(
					"The key that the keyResolver of Shop.buy(…) found must be a single value, but is of type java.util.");
		this.beans.registerSingleton("size", (LockKeyResolver) (invocation) -> Size.LARGE);
		assertThat(names("sku", Map.of("keyResolver", "size"))).containsExactly(LockName.of("sku", Size.LARGE))
			.containsExactly("sku:LARGE");
		for (String bean : List.of("other", "missing")) {
			assertThatExceptionOfType(InvalidDistributedLockException.class)
				.isThrownBy(() -> names("sku", Map.of("keyResolver", bean)))
				.withMessageContaining("keyResolver = \"" + bean + "\" is no bean of type LockKeyResolver.");
		}
	}

	@Test
	void aPathOfFilesIsOneKey() {
		this.arguments[2] = Path.of("a", "b");
		assertThat(names("file", Map.of("key", "#nothing"))).containsExactly("file:" + Path.of("a", "b"));
		assertThat(names("file", Map.of("keys", "#nothing"))).containsExactly("file:" + Path.of("a", "b"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "key", "keys", "condition", "message" })
	void blanksAreNeitherAValueNorNone(String attribute) {
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> names("sku", Map.of(attribute, " ")))
			.withMessage("@DistributedLock on Shop.buy(…): " + attribute + " = \" \" is blank.");
	}

	@Test
	void oneWayToFindKeysIsEnough() {
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> names("sku", Map.of("key", "#id", "keys", "#items")))
			.withMessage("@DistributedLock on Shop.buy(…): it has key and keys.");
	}

	@Test
	void conditionsSayWhetherALockIsNeeded() {
		assertThat(applies("#id > 41")).isTrue();
		assertThat(applies("#id > 42")).isFalse();
		assertThat(applies("'a' + #id == 'a42'")).isTrue();
		assertThat(applies("#nothing == null")).isTrue();
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> applies("#nothing"))
			.withMessage("The condition \"#nothing\" of Shop.buy(…) must be true or false, but is null");
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> applies("'true' + ''"))
			.withMessageContaining("must be true or false, but is of type java.lang.String");
		assertThatExceptionOfType(LockKeyException.class).as("never without the lock for a missing value")
			.isThrownBy(() -> applies("#nothing > 100"))
			.withMessage(
					"The condition \"#nothing > 100\" of Shop.buy(…) cannot be evaluated: null is neither more nor less "
							+ "than 100, ask for '== null' before");
		assertThat(applies("#nothing == null or #nothing > 100")).isTrue();
		assertThatExceptionOfType(InvalidDistributedLockException.class).as("never without the lock for a placeholder")
			.isThrownBy(() -> applies("'${locking.enabled}' == 'true'"))
			.withMessageContaining("has a placeholder, but nothing resolves placeholders.");
		assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> applies("@missing.isOn()"))
			.withMessageContaining("uses '@missing', which is no bean.");
		assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> applies("#idd > 1"))
			.withMessageContaining("condition = \"#idd > 1\" uses '#idd', which is no parameter.");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			key       | #{@othr.length()}/#{#id}  | othr
			keys      | @'o.ther'.length() + #id  | o.ther
			condition | #id > 1 and @othr != null | othr
			key       | &other + #id              | &other
			""")
	void beansThatAreNotThereAreFoundAtStartUp(String attribute, String expression, String bean) {
		this.beans.registerSingleton("other", "other");
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> names("sku", Map.of(attribute, expression)))
			.withMessage("@DistributedLock on Shop.buy(…): " + attribute + " = \"" + expression + "\" uses '@" + bean
					+ "', which is no bean.")
			.satisfies((ex) -> assertThat(ex.analysis().getAction()).isEqualTo("Correct its name, or make it a bean."));
		assertThat(names("sku", Map.of("key", "@other.length() + '/' + #id"))).containsExactly("sku:5/42");
	}

	@Test
	void messagesAreForPeopleAndHideNothing() {
		assertThat(message("Order #{#id} is being changed")).isEqualTo("Order 42 is being changed");
		assertThat(message("#{#lock.name} after #{#lock.waited.toMillis()} ms")).isEqualTo("shop after 7 ms");
		assertThat(message("#{#nothing} and #{#p0}")).isEqualTo(" and 42");
		assertThat(message("#{#items.nonsense()}")).isEqualTo("the default");
		assertThat(message("#{#items.get(99)}")).as("a method that throws").isEqualTo("the default");
		assertThat(message("plain")).isEqualTo("plain");
		assertThat(message("#{method.name} #{#root.args[0]} of #{@shop}")).isEqualTo("buy 42 of Bazaar");
		assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> message("#{#id"))
			.withMessageContaining("message = \"#{#id\" is no template: ");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', commentCharacter = '%', textBlock = """
			#{#idd}            | uses '#idd', which is no parameter.         | Did you mean '#id'?
			a #{#lock.nmae}    | uses '#lock.nmae', which does not exist. | There is #lock.name, #lock.waited.
			#{#root.arguments} | uses '#root.arguments', which does not exist. | There is #root.method,
			#{id}              | uses 'id', which is no variable. | Did you mean '#id'?
			#{now()}           | calls 'now()' on nothing. | Call a method of a parameter
			#{#id = 7}         | changes a value. | Only read
			""")
	void messagesWithMistakesAreReported(String message, String problem, String action) {
		assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> message(message))
			.withMessageContaining("message = \"" + message + "\" " + problem)
			.satisfies((ex) -> assertThat(ex.analysis().getAction()).startsWith(action));
	}

	@Test
	void expressionsCannotChangeTheCall() {
		assertThatExceptionOfType(LockKeyException.class)
			.isThrownBy(() -> names("shop", Map.of("key", "#root.args.set(0, 7)")))
			.withMessageContaining("cannot be evaluated");
		assertThat(this.arguments[0]).isEqualTo(42L);
	}

	@Test
	void elementsCanBeNamedByWhatIsKnownOfTheCall() {
		assertThat(
				names("shop", Map.of("keys", new String[] { "#items.![#root.method.name.concat('/').concat(#this)]" })))
			.containsExactly("shop:buy/b", "shop:buy/a");
	}

	@Test
	void aTypoInAMessageIsFoundBeforeSomebodyReadsIt() {
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> message("Order #{#idd} is being changed"))
			.withMessage("@DistributedLock on Shop.buy(…): message = \"Order #{#idd} is being changed\" uses '#idd', "
					+ "which is no parameter.");
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> message("#{#id > 1 ? #lok.name : ''}"))
			.withMessageContaining("uses '#lok', which is no parameter.");
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> message("Order #id is being changed"))
			.withMessageContaining("has '#id' outside of '#{' and '}', where it is plain text.");
		assertThat(message("Order #1 of #{#items.?[#this != null].size()}")).isEqualTo("Order #1 of 3");
	}

	@Test
	void messagesMayAskBeansAndHaveNumberSigns() {
		this.beans.registerSingleton("names", Map.of("order", "the order"));
		assertThat(message("#1 of #{@names['order']} #{#root.args[0]} #{args[0]}")).isEqualTo("#1 of the order 42 42");
	}

	@Test
	void differentNamesAndKeysNeverMeet() {
		Random random = new Random(42);
		String[] bits = { "a", ":", "\\", "b", "::", "\\:", "#x" };
		Map<String, List<String>> seen = new HashMap<>();
		for (int i = 0; i < 20_000; i++) {
			String name = text(random, bits);
			String key = text(random, bits);
			if (name.isEmpty() && key.isEmpty()) {
				continue;
			}
			this.arguments[2] = key;
			List<String> input = List.of(name, key);
			String lock = names(name, key.isEmpty() ? Map.of() : Map.of("key", "#nothing")).iterator().next();
			assertThat(seen.computeIfAbsent(lock, (absent) -> input)).as(lock).isEqualTo(input);
		}
		assertThat(names("", Map.of())).containsExactly("com.example.Shop#buy(long\\:int)");
	}

	enum Size {

		LARGE;

		@Override
		public String toString() {
			return "large";
		}

	}

	private static String text(Random random, String[] bits) {
		StringBuilder text = new StringBuilder();
		for (int i = random.nextInt(4); i > 0; i--) {
			text.append(bits[random.nextInt(bits.length)]);
		}
		return text.toString();
	}

	private List<String> names(String name, Map<String, Object> attributes) {
		return read(name, attributes).names(this, this.method, this.arguments);
	}

	private boolean applies(String condition) {
		return read("shop", Map.of("condition", condition)).applies(this, this.method, this.arguments);
	}

	private String message(String message) {
		return read("shop", Map.of("message", message)).message(this, this.method, this.arguments, "shop",
				Duration.ofMillis(7), "the default");
	}

	private MethodKeys read(String name, Map<String, Object> attributes) {
		assertThat(Set.of("key", "keys", "keyResolver", "condition", "message")).containsAll(attributes.keySet());
		return MethodKeys.read("Shop.buy(…)", MergedAnnotation.of(DistributedLock.class, attributes).synthesize(), name,
				"com.example.Shop#buy(long:int)", this.method, this.beans, new Placeholders(this.beans), 100);
	}

}
