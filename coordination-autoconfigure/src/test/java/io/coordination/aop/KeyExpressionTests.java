package io.coordination.aop;

import java.lang.reflect.Method;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.sql.Timestamp;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.coordination.aop.KeyParts.Amount;
import io.coordination.aop.KeyParts.Box;
import io.coordination.aop.KeyParts.Digest;
import io.coordination.aop.KeyParts.Part;
import io.coordination.aop.KeyParts.Written;
import io.coordination.lock.LockKeyException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link KeyExpression}.
 */
class KeyExpressionTests {

	private static final UUID ID = UUID.fromString("00000000-0000-0001-0000-000000000002");

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', commentCharacter = '%', textBlock = """
			#id                              | 42
			#p0                              | 42
			#a1.name                         | Ada
			#order.name + ':' + #id          | Ada:42
			'order:' + #id + '/' + #order.id | order:42/00000000-0000-0001-0000-000000000002
			#order.id                        | 00000000-0000-0001-0000-000000000002
			#id + 1                          | 43
			1 + #id + 'x'                    | 43x
			#size                            | LARGE
			'size-' + #size                  | size-LARGE
			#nothing ?: 'none'               | none
			#nothing == null ? 'a' : 'b'     | a
			#optional?.intValue()            | 5
			#order.id.leastSignificantBits   | 2
			#ids[0]                          | 7
			#ids.![#this + 1][1]             | 9
			#ids.?[#this > 7][0]             | 8
			#map['k']                        | v
			#map[k]                          | v
			#order.name.toUpperCase()        | ADA
			T(java.lang.Math).abs(#id - 50)  | 8
			""")
	void givesText(String expression, String key) {
		assertThat(evaluate(expression)).isEqualTo(key);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', commentCharacter = '%',
			textBlock = """
					#nothing                 | is null
					'order:' + #nothing      | has a part that is null: #nothing
					#nothing + ':' + #id     | has a part that is null: #nothing
					#id > 1 ? 'x' + #nothing : 'y' | has a part that is null: #nothing
					'true' ? 'x' + #nothing : 'y'  | has a part that is null: #nothing
					#nothing ? 'a' : 'b'     | has a condition that is null: #nothing
					'true' ? 'x' + #nothing : 'y'  | has a part that is null: #nothing
					' '                      | is blank
					#order.several           | must be a single value, but is of type java.util.Arrays$ArrayList
					'ids:' + #order.several  | must be a single value, but is of type java.util.Arrays$ArrayList
					#plain                   | is of type java.lang.Object, which has no toString() of its own: name the property that identifies it
					#nothing.name            | cannot be evaluated: EL1007E: Property or field 'name' cannot be found on null
					""")
	void refusesWhatCannotBeAKey(String expression, String problem) {
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> evaluate(expression))
			.withMessage("The key \"" + expression + "\" of Shop.buy(…) " + problem);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', commentCharacter = '%',
			textBlock = """
					#odrer.id      | uses '#odrer', which is no parameter. | Did you mean '#order'? There is #id, #order, #ids, #map, #array, #size, #nothing, #optional, #plain.
					#ID            | uses '#ID', which is no parameter.    | Did you mean '#id'? There is #id, #order, #ids, #map, #array, #size, #nothing, #optional, #plain.
					'o:' + #skuNumber | uses '#skuNumber', which is no parameter. | There is #id, #order, #ids, #map, #array, #size, #nothing, #optional, #plain.
					#p9            | uses '#p9', which is no parameter. | There is #id, #order, #ids, #map, #array, #size, #nothing, #optional, #plain.
					#root.foo      | uses '#root.foo', which does not exist. | There is #root.method, #root.target, #root.targetClass, #root.args.
					#root          | uses '#root', which is no parameter. | There is #id, #order, #ids, #map, #array, #size, #nothing, #optional, #plain.
					order.id       | uses 'order', which is no variable.   | Did you mean '#order'?
					order          | uses 'order', which is no variable.   | Did you mean '#order'?
					daily          | uses 'daily', which is no variable.   | Write '#daily' if it is a parameter. If it is a constant, it belongs to the name: name = "daily".
					#order.id(daily) | uses 'daily', which is no variable. | Write '#daily' if it is a parameter. If it is a constant, it belongs to the name: name = "daily".
					#ids           | uses '#ids', a java.util.List, but must be a single value. | For a lock of each element use keys = "#ids".
					'ids:' + #ids  | uses '#ids', a java.util.List, but must be a single value. | For a lock of each element use keys = "#ids".
					#array         | uses '#array', a int[], but must be a single value. | For a lock of each element use keys = "#array".
					#map           | uses '#map', a java.util.Map, but must be a single value. | Name the property that identifies it, as in #order.id.
					#optional      | uses '#optional', a java.util.Optional, but must be a single value. | Name the property that identifies it, as in #order.id.
					{#id, #size}   | uses '{#id,#size}', a list, but must be a single value. | For a lock of each element use keys = "{#id,#size}".
					#ids.![#this]  | uses '#ids.![#this]', a list, but must be a single value. | For a lock of each element use keys = "#ids.![#this]".
					#order.nam     | uses 'nam', which io.coordination.aop.KeyExpressionTests$Order does not have. | Did you mean 'name'?
					#order.name.lenght() | uses 'lenght', which java.lang.String does not have. | Did you mean 'length'?
					#order.foo(1)  | uses 'foo', which io.coordination.aop.KeyExpressionTests$Order does not have. | Name a public property or method of it.
					T(java.lang.Maht).abs(#id) | uses 'T(java.lang.Maht)', but there is no such class. | Write its full name.
					now()          | calls 'now()' on nothing. | Call a method of a parameter (#order.id()) or of a bean (@tenants.current()).
					#hash(#id)     | calls a function, but there are none. | Call a method of a parameter, or of a type as in T(java.lang.Math).abs(#id).
					#id = 5        | changes a value. | Only read in a key.
					('o:' + #nothing).toUpperCase() | joins text inside of something else, where a part that is null could not be told from the text 'null'. | Join the parts last, as in 'order:' + #id.toUpperCase().
					'a'.concat('o:' + #nothing) | joins text inside of something else, where a part that is null could not be told from the text 'null'. | Join the parts last, as in 'order:' + #id.toUpperCase().
					""")
	void refusesAtStartUpWhatItDoesNotHave(String expression, String problem, String action) {
		assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> expression(expression))
			.satisfies((ex) -> assertThat(ex.analysis().getAction()).isEqualTo(action))
			.withMessage("@DistributedLock on Shop.buy(…): key = \"" + expression + "\" " + problem);
	}

	@ParameterizedTest
	@ValueSource(strings = { "#id +", "'open", "order:#{#id}" })
	void refusesWhatDoesNotParse(String expression) {
		assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> expression(expression))
			.satisfies((ex) -> assertThat(ex.analysis().getAction()).isEqualTo(
					"Text goes in single quotes, parameters have a '#', parts are joined by '+': key = \"'order:' + #id\"."))
			.withMessageStartingWith(
					"@DistributedLock on Shop.buy(…): key = \"" + expression + "\" is no SpEL expression: ");
	}

	@ParameterizedTest
	@CsvSource({ "order:#id, order:#{#id}", "order:lock:#order.id, order:lock:#{#order.id}" })
	void suggestsTheTemplateThatWasMeant(String expression, String template) {
		assertThatExceptionOfType(InvalidDistributedLockException.class).isThrownBy(() -> expression(expression))
			.satisfies((ex) -> assertThat(ex.analysis().getAction())
				.startsWith("Did you mean \"" + template + "\"? Text goes"))
			.withMessageContaining("is no SpEL expression: ");
	}

	@Test
	void explainsMissingParameterNames() throws Exception {
		Method unnamed = Map.class.getMethod("get", Object.class);
		KeyVariables variables = new KeyVariables(unnamed);
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> new KeyExpression("Map.get(Object)", "#key", variables, null))
			.satisfies((ex) -> assertThat(ex.analysis().getAction())
				.startsWith("The class file has no parameter names. Compile with '-parameters' (Maven: ")
				.endsWith("or use the position: #p0."));
		assertThat(new KeyExpression("Map.get(Object)", "#p0", variables, null).evaluate(new Object[] { "k" }))
			.isEqualTo("k");
	}

	@Test
	@SuppressWarnings("JavaUtilDate")
	void givesTheSameMomentInEveryTimeZone() {
		Date date = new Date(1_700_000_000_123L);
		Calendar calendar = Calendar.getInstance(TimeZone.getTimeZone("Asia/Tokyo"), Locale.ROOT);
		calendar.setTime(date);
		for (Object value : List.of(date, calendar, new Timestamp(date.getTime()))) {
			assertThat(evaluate("'at:' + #plain", value)).isEqualTo("at:2023-11-14T22:13:20.123Z");
		}
		assertThat(evaluate("#plain", java.sql.Date.valueOf("2023-11-14"))).isEqualTo("2023-11-14");
	}

	@Test
	@SuppressWarnings("JavaUtilDate")
	void refusesARecordWhoseTextIsAnotherInEveryProcess() {
		refusesPart(new Digest(new byte[1]), "byte[]");
		refusesPart(new Part(new Digest(new byte[1])), "byte[]");
		refusesPart(new Box<>(new int[1]), "int[]");
		refusesPart(new Box<>(new Box<>(new Date(1))), "java.util.Date");
		refusesPart(new Box<>(new Object()), "java.lang.Object");
		refusesPart(new Box<>(List.of(new Object())), "java.lang.Object");
		refusesPart(new Box<>(Optional.of(new Object())), "java.lang.Object");
		refusesPart(new Box<>(Set.of("a", "b")), Set.of("a", "b").getClass().getName());
		refusesPart(new Box<>(new HashMap<>(Map.of("a", 1))), "java.util.HashMap");
		refusesPart(new Box<>(new TreeMap<>(Map.of("a", new int[0]))), "int[]");
		refusesPart(new Box<>(InetAddress.getLoopbackAddress()), Inet4Address.class.getName());
		assertThat(evaluate("#plain", new Box<>("a"))).isEqualTo("Box[content=a]");
		assertThat(evaluate("#plain", new Box<>(new TreeSet<>(List.of("b", "a"))))).isEqualTo("Box[content=[a, b]]");
		assertThat(evaluate("#plain", new Box<>(EnumSet.of(Size.LARGE)))).isEqualTo("Box[content=[big one]]");
		assertThat(evaluate("#plain", new Written(new byte[] { 7 }))).isEqualTo("7");
	}

	@Test
	void givesEqualAddressesTheSameText() throws Exception {
		InetAddress named = InetAddress.getByAddress("client.example.com", new byte[] { 10, 0, 0, 7 });
		InetAddress unnamed = InetAddress.getByAddress(new byte[] { 10, 0, 0, 7 });
		assertThat(named).isEqualTo(unnamed);
		assertThat(evaluate("#plain", named)).isEqualTo("10.0.0.7");
		assertThat(evaluate("'from:' + #plain", unnamed)).isEqualTo("from:10.0.0.7");
	}

	@Test
	void refusesANumberWithoutATextOfItsOwn() {
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> evaluate("#plain", new Amount()))
			.withMessage("The key \"#plain\" of Shop.buy(…) is of type " + Amount.class.getName()
					+ ", which has no toString() of its own: name the property that identifies it");
	}

	private static void refusesPart(Object value, String part) {
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> evaluate("#plain", value))
			.withMessage("The key \"#plain\" of Shop.buy(…) is of type " + value.getClass().getName() + ", which has a "
					+ part + ", whose text is another in every process: name the property that identifies it");
	}

	@ParameterizedTest
	@ValueSource(strings = { "#digest", "'a:' + #p0", "#digest ?: 'none'", "true ? #digest : 'b'" })
	void refusesARecordWhoseTextIsAnotherInEveryProcessAtStartUp(String expression) throws Exception {
		KeyVariables variables = new KeyVariables(Hashed.class.getDeclaredMethod("a", Digest.class));
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> new KeyExpression("Hashed.a", expression, variables, null))
			.satisfies((ex) -> assertThat(ex.analysis().getAction())
				.isEqualTo("Name the property that identifies it, as in #order.id."))
			.withMessageEndingWith("', a io.coordination.aop.KeyParts$Digest, which has a byte[], whose text "
					+ "is another in every process.");
		assertThat(new KeyExpression("Hashed.a", "#digest.value[0]", variables, null)
			.evaluate(new Object[] { new Digest(new byte[] { 7 }) })).isEqualTo("7");
	}

	@Test
	void refusesAParameterThatSpelKeepsForItself() throws Exception {
		KeyVariables variables = new KeyVariables(Rooted.class.getDeclaredMethod("a", String.class));
		assertThatExceptionOfType(InvalidDistributedLockException.class)
			.isThrownBy(() -> new KeyExpression("Rooted.a", "'a' + #root", variables, null))
			.satisfies((ex) -> assertThat(ex.analysis().getAction()).isEqualTo("Use its position: #p0."))
			.withMessageContaining("uses '#root', which is no parameter in SpEL");
		assertThat(new KeyExpression("Rooted.a", "'a' + #p0", variables, null).evaluate(new Object[] { "x" }))
			.isEqualTo("ax");
	}

	@Test
	void asksBeans() {
		KeyExpression expression = new KeyExpression("Shop.buy(…)", "@tenants.name + '/' + #id", variables(),
				(context, name) -> new Order(name, ID));
		assertThat(expression.evaluate(arguments())).isEqualTo("tenants/42");
	}

	@Test
	void keepsWhatABeanThrowsAsCause() {
		KeyExpression expression = new KeyExpression("Shop.buy(…)", "@tenants.name", variables(), (context, name) -> {
			throw new IllegalStateException("no tenant");
		});
		assertThatExceptionOfType(LockKeyException.class).isThrownBy(() -> expression.evaluate(arguments()))
			.withMessage("The key \"@tenants.name\" of Shop.buy(…) cannot be evaluated: no tenant")
			.withCauseInstanceOf(IllegalStateException.class);
	}

	private static String evaluate(String expression) {
		return expression(expression).evaluate(arguments());
	}

	private static String evaluate(String expression, Object plain) {
		@Nullable Object[] arguments = arguments();
		arguments[arguments.length - 1] = plain;
		return expression(expression).evaluate(arguments);
	}

	private static KeyExpression expression(String expression) {
		return new KeyExpression("Shop.buy(…)", expression, variables(), null);
	}

	private static KeyVariables variables() {
		return new KeyVariables(Arrays.stream(Shop.class.getDeclaredMethods())
			.filter((method) -> method.getName().equals("buy"))
			.findFirst()
			.orElseThrow());
	}

	private static @Nullable Object[] arguments() {
		return new Object[] { 42, new Order("Ada", ID), Arrays.asList(7, 8), Map.of("k", "v"), new int[] { 1 },
				Size.LARGE, null, Optional.of(5), new Object() };
	}

	interface Shop {

		void buy(int id, Order order, List<Integer> ids, Map<String, String> map, int[] array, Size size,
				@Nullable Order nothing, Optional<Integer> optional, Object plain);

	}

	interface Rooted {

		void a(String root);

	}

	interface Hashed {

		void a(Digest digest);

	}

	public record Order(String name, UUID id) {

		public List<String> several() {
			return Arrays.asList(this.name, this.name);
		}

	}

	public enum Size {

		LARGE {

			@Override
			public String toString() {
				return "big one";
			}

		}

	}

}
