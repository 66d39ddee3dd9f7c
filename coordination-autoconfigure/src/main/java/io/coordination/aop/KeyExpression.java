package io.coordination.aop;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.expression.BeanResolver;
import org.springframework.expression.ExpressionException;
import org.springframework.expression.TypedValue;
import org.springframework.expression.spel.ExpressionState;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.SpelParserConfiguration;
import org.springframework.expression.spel.ast.BeanReference;
import org.springframework.expression.spel.ast.Elvis;
import org.springframework.expression.spel.ast.OpPlus;
import org.springframework.expression.spel.ast.Ternary;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.StandardEvaluationContext;
import org.springframework.expression.spel.support.StandardTypeComparator;

import io.coordination.lock.LockKeyException;

/**
 * The key of one method: parsed and checked once, evaluated for each call. Unlike SpEL it
 * knows no {@code null} in a concatenation, and no text that would differ from process to
 * process. Safe for use by many threads.
 */
final class KeyExpression {

	/** A variable and its properties, behind text that is no operator of SpEL. */
	private static final Pattern VARIABLE = Pattern.compile("(?<=[\\w:/.-])#([\\p{Alpha}_]\\w*(?:\\.\\w+)*)");

	private static final SpelParserConfiguration configuration = new SpelParserConfiguration();

	private static final SpelExpressionParser parser = new SpelExpressionParser(configuration);

	private static final SpelExpression SUM = parser.parseRaw("#left + #right");

	/** SpEL would take null for less than anything, and a condition for false. */
	private static final StandardTypeComparator comparator = new StandardTypeComparator() {

		@Override
		public int compare(@Nullable Object left, @Nullable Object right) {
			if (left == null || right == null) {
				throw new IllegalArgumentException("null is neither more nor less than "
						+ ((left != null) ? left : right) + ", ask for '== null' before");
			}
			return super.compare(left, right);
		}

	};

	private final String where;

	private final String attribute;

	private final String expression;

	/**
	 * What SpEL finds members and types with: the same for all calls, as it remembers
	 * what it has found.
	 */
	private final StandardEvaluationContext delegates = new StandardEvaluationContext();

	private final @Nullable BeanResolver beans;

	private final SpelNode tree;

	private final Map<String, Integer> variables;

	private final boolean usesRoot;

	KeyExpression(String where, String expression, KeyVariables variables, @Nullable BeanResolver beans) {
		this(where, "key", expression, expression, variables, beans);
	}

	/**
	 * Parses and checks an expression.
	 * @param where class and method, for messages
	 * @param attribute the attribute that it is in
	 * @param written all of what is written there
	 * @param expression the expression itself, which may be a part of it
	 * @throws InvalidDistributedLockException if it cannot work
	 */
	KeyExpression(String where, String attribute, String written, String expression, KeyVariables variables,
			@Nullable BeanResolver beans) {
		this.where = where;
		this.attribute = attribute;
		this.expression = written;
		this.beans = beans;
		try {
			this.tree = parser.parseRaw(expression).getAST();
		}
		catch (ExpressionException | IllegalStateException ex) {
			throw new InvalidDistributedLockException(where,
					attribute + " = \"" + written + "\" is no SpEL expression: " + ex.getMessage() + ".",
					template(written) + "Text goes in single quotes, parameters have a '#', parts are joined by '+': "
							+ "key = \"'order:' + #id\".",
					ex);
		}
		KeyExpressionCheck check = new KeyExpressionCheck(where, attribute, written, variables);
		this.variables = check.check(this.tree);
		this.usesRoot = check.usesRoot();
	}

	/** What a text with variables in it was probably meant to be. */
	private static String template(String written) {
		Matcher variable = VARIABLE.matcher(written);
		return (written.contains("#{") || written.contains("'") || !variable.find()) ? ""
				: "Did you mean \"" + variable.replaceAll("#{#$1}") + "\"? ";
	}

	/**
	 * Checks that the beans are there which it asks.
	 * @throws InvalidDistributedLockException if one is not
	 */
	void checkBeans(BeanFactory factory) {
		checkBeans(this.tree, factory);
	}

	private void checkBeans(SpelNode node, BeanFactory factory) {
		if (node instanceof BeanReference) {
			String name = node.toStringAST().replaceAll("[@'\"]", "");
			if (!factory.containsBean(name)) {
				throw new InvalidDistributedLockException(this.where,
						this.attribute + " = \"" + this.expression + "\" uses '@" + name + "', which is no bean.",
						((factory instanceof ListableBeanFactory all)
								? Spelling.closest(name, List.of(all.getBeanDefinitionNames()))
									.map((close) -> "Did you mean '@" + close + "'? ")
									.orElse("")
								: "") + "Correct its name, or make it a bean.");
			}
		}
		for (int i = 0; i < node.getChildCount(); i++) {
			checkBeans(node.getChild(i), factory);
		}
	}

	/**
	 * Whether it looks at the call itself.
	 */
	boolean usesRoot() {
		return this.usesRoot;
	}

	/**
	 * Whether it is one parameter and nothing else.
	 */
	boolean isBare() {
		return this.tree instanceof VariableReference;
	}

	/**
	 * Evaluates the expression for a call.
	 * @throws LockKeyException if the result cannot be a key
	 */
	String evaluate(@Nullable Object[] arguments) {
		return key(value(null, arguments));
	}

	/**
	 * Evaluates the expression for a call.
	 * @param root what it can know of the call, or {@code null} for nothing
	 * @return the result, of any type
	 */
	@Nullable Object value(@Nullable CallRoot root, @Nullable Object[] arguments) {
		return (this.tree instanceof VariableReference && !this.variables.isEmpty())
				? arguments[this.variables.values().iterator().next()] : evaluated(root, arguments);
	}

	/**
	 * Makes a key of a result.
	 * @throws LockKeyException if it cannot be one
	 */
	String key(@Nullable Object value) {
		return KeyValue.key(value, (problem) -> invalid(problem, null));
	}

	LockKeyException invalid(String problem, @Nullable Throwable cause) {
		return new LockKeyException(
				"The " + this.attribute + " \"" + this.expression + "\" of " + this.where + " " + problem, cause);
	}

	private @Nullable Object evaluated(@Nullable CallRoot root, @Nullable Object[] arguments) {
		StandardEvaluationContext context = new StandardEvaluationContext();
		this.delegates.applyDelegatesTo(context);
		context.setTypeComparator(comparator);
		if (this.beans != null) {
			context.setBeanResolver(this.beans);
		}
		this.variables.forEach((name, index) -> context.setVariable(name, arguments[index]));
		try {
			return value(this.tree, new ExpressionState(context,
					(root != null) ? new TypedValue(root) : TypedValue.NULL, configuration));
		}
		catch (LockKeyException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			throw invalid("cannot be evaluated: " + ex.getMessage(), ex);
		}
	}

	// SpEL would take null for the text "null", so the nodes that join text are ours.
	private @Nullable Object value(SpelNode node, ExpressionState state) {
		if (node instanceof OpPlus && node.getChildCount() == 2) {
			Object left = part(node.getChild(0), state);
			Object right = part(node.getChild(1), state);
			return (left instanceof Number && right instanceof Number) ? sum(left, right) : text(left) + text(right);
		}
		if (node instanceof Ternary) {
			return value(node.getChild(isTrue(node.getChild(0), state) ? 1 : 2), state);
		}
		if (node instanceof Elvis) {
			Object first = value(node.getChild(0), state);
			return (first == null || "".equals(first)) ? value(node.getChild(1), state) : first;
		}
		return node.getValue(state);
	}

	private boolean isTrue(SpelNode node, ExpressionState state) {
		Object condition = node.getValue(state);
		if (condition == null) {
			throw invalid("has a condition that is null: " + node.toStringAST(), null);
		}
		return Boolean.TRUE.equals(state.convertValue(condition, TypeDescriptor.valueOf(Boolean.class)));
	}

	private Object part(SpelNode node, ExpressionState state) {
		Object part = value(node, state);
		if (part == null) {
			throw invalid("has a part that is null: " + node.toStringAST(), null);
		}
		return part;
	}

	private @Nullable Object sum(Object left, Object right) {
		StandardEvaluationContext context = new StandardEvaluationContext();
		context.setVariable("left", left);
		context.setVariable("right", right);
		return SUM.getValue(context);
	}

	private String text(@Nullable Object value) {
		return KeyValue.text(value, (problem) -> invalid(problem, null));
	}

}
