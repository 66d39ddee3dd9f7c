package io.coordination.aop;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.expression.BeanResolver;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.common.CompositeStringExpression;
import org.springframework.expression.common.LiteralExpression;
import org.springframework.expression.common.TemplateParserContext;
import org.springframework.expression.spel.standard.SpelExpressionParser;

/**
 * What is written as a key, in one of three forms that its characters tell apart: a
 * template if there is <code>#{</code> in it, plain text if it has nothing but letters,
 * digits and <code>_ . : / -</code>, else an expression. Parsed and checked once. Safe
 * for use by many threads.
 */
final class KeyText {

	private static final Pattern PLAIN = Pattern.compile("[\\p{Alnum}_.:/-]+");

	static final Pattern VARIABLE = Pattern.compile("#[\\p{Alpha}_]\\w*");

	private static final SpelExpressionParser parser = new SpelExpressionParser();

	/** Text and expressions, in their order. */
	private final List<Object> parts;

	private KeyText(List<Object> parts) {
		this.parts = parts;
	}

	/**
	 * Parses and checks a key.
	 * @param where class and method, for messages
	 * @param attribute the attribute that it is in
	 * @throws InvalidDistributedLockException if it cannot work
	 */
	static KeyText read(String where, String attribute, String text, KeyVariables variables,
			@Nullable BeanResolver beans) {
		if (text.contains("#{")) {
			return new KeyText(template(where, attribute, text, variables, beans));
		}
		if (!PLAIN.matcher(text).matches()) {
			return new KeyText(List.of(new KeyExpression(where, attribute, text, text, variables, beans)));
		}
		String first = text.split("[.:/-]", 2)[0];
		if (variables.isNamed(first)) {
			throw new InvalidDistributedLockException(where,
					attribute + " = \"" + text
							+ "\" is plain text, the same for all calls, but begins with the name of a " + "parameter.",
					"Did you mean '#" + text + "'? If it is a constant, it belongs to the name: name = \"" + text
							+ "\".");
		}
		return new KeyText(List.of(text));
	}

	private static List<Object> template(String where, String attribute, String text, KeyVariables variables,
			@Nullable BeanResolver beans) {
		Expression parsed;
		try {
			parsed = parser.parseExpression(text, new TemplateParserContext());
		}
		catch (ParseException | IllegalStateException ex) {
			throw new InvalidDistributedLockException(where,
					attribute + " = \"" + text + "\" is no template: " + ex.getMessage() + ".",
					"Expressions go between '#{' and '}', as in \"order:#{#id}\".", ex);
		}
		List<Object> parts = new ArrayList<>();
		for (Expression part : (parsed instanceof CompositeStringExpression several) ? several.getExpressions()
				: new Expression[] { parsed }) {
			parts.add((part instanceof LiteralExpression) ? literal(where, attribute, text, part.getExpressionString())
					: new KeyExpression(where, attribute, text, part.getExpressionString(), variables, beans));
		}
		return parts;
	}

	private static String literal(String where, String attribute, String text, String part) {
		Matcher variable = VARIABLE.matcher(part);
		if (variable.find()) {
			throw new InvalidDistributedLockException(where,
					attribute + " = \"" + text + "\" has '" + variable.group()
							+ "' outside of '#{' and '}', where it is " + "plain text.",
					"Write '#{" + variable.group() + "}'.");
		}
		return part;
	}

	/**
	 * Whether it is one parameter and nothing else.
	 */
	boolean isBare() {
		return this.parts.size() == 1 && this.parts.get(0) instanceof KeyExpression expression && expression.isBare();
	}

	/**
	 * Checks that the beans are there which it asks.
	 * @see KeyExpression#checkBeans(BeanFactory)
	 */
	void checkBeans(BeanFactory factory) {
		for (Object part : this.parts) {
			if (part instanceof KeyExpression expression) {
				expression.checkBeans(factory);
			}
		}
	}

	/**
	 * Whether it looks at the call itself.
	 */
	boolean usesRoot() {
		return this.parts.stream()
			.anyMatch((part) -> part instanceof KeyExpression expression && expression.usesRoot());
	}

	/**
	 * The one key of a call.
	 * @throws io.coordination.lock.LockKeyException if there is none
	 */
	String single(@Nullable CallRoot root, @Nullable Object[] arguments) {
		if (this.parts.size() == 1) {
			return (this.parts.get(0) instanceof KeyExpression expression)
					? expression.key(expression.value(root, arguments)) : String.valueOf(this.parts.get(0));
		}
		StringBuilder key = new StringBuilder();
		for (Object part : this.parts) {
			key.append((part instanceof KeyExpression expression) ? expression.key(expression.value(root, arguments))
					: part);
		}
		return key.toString();
	}

	/**
	 * Adds the keys of a call: one, or where the value is a collection or an array, one
	 * for each element.
	 * @param into takes the keys
	 * @throws io.coordination.lock.LockKeyException if one of them cannot be a key
	 */
	void collect(@Nullable CallRoot root, @Nullable Object[] arguments, Consumer<String> into) {
		if (this.parts.size() == 1 && this.parts.get(0) instanceof KeyExpression expression) {
			forEach(expression.value(root, arguments), (element) -> into.accept(expression.key(element)));
		}
		else {
			into.accept(single(root, arguments));
		}
	}

	/**
	 * Does something with a value, or with each of those that it stands for.
	 */
	static void forEach(@Nullable Object value, Consumer<@Nullable Object> action) {
		if (value == null || !KeyValue.isSeveral(value)) {
			action.accept(value);
		}
		else if (value instanceof Iterable<?> several) {
			several.forEach(action);
		}
		else {
			for (int i = 0; i < Array.getLength(value); i++) {
				action.accept(Array.get(value, i));
			}
		}
	}

}
