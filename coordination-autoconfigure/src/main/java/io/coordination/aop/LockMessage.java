package io.coordination.aop;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.expression.BeanResolver;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.common.CompositeStringExpression;
import org.springframework.expression.common.TemplateParserContext;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.StandardEvaluationContext;

/**
 * What people are told when a lock is busy: text, or a template that may use the
 * parameters, beans and {@code #lock}. Parsed and checked once; what goes wrong with it
 * later never hides that the lock is busy.
 */
final class LockMessage {

	static final String ATTRIBUTE = "message";

	/** What a message knows of the lock. */
	static final String LOCK = "lock";

	private static final Logger logger = LoggerFactory.getLogger(DistributedLock.class);

	private static final SpelExpressionParser parser = new SpelExpressionParser();

	private final String where;

	private final KeyVariables variables;

	private final BeanResolver beans;

	private final Expression expression;

	/**
	 * Parses and checks a message.
	 * @throws InvalidDistributedLockException if it is no template, or uses what does not
	 * exist
	 */
	LockMessage(String where, String text, KeyVariables variables, BeanResolver beans) {
		this.where = where;
		this.variables = variables;
		this.beans = beans;
		try {
			this.expression = parser.parseExpression(text, new TemplateParserContext());
		}
		catch (ParseException | IllegalStateException ex) {
			throw new InvalidDistributedLockException(where,
					"message = \"" + text + "\" is no template: " + ex.getMessage() + ".",
					"Expressions go between '#{' and '}', as in \"Order #{#id} is being changed\".", ex);
		}
		for (Expression part : (this.expression instanceof CompositeStringExpression several) ? several.getExpressions()
				: new Expression[] { this.expression }) {
			if (part instanceof SpelExpression expression) {
				new KeyExpressionCheck(where, ATTRIBUTE, text, variables).checkMessage(expression.getAST());
			}
			else {
				checkLiteral(text, part.getExpressionString());
			}
		}
	}

	private void checkLiteral(String text, String part) {
		Matcher variable = KeyText.VARIABLE.matcher(part);
		while (variable.find()) {
			String name = variable.group().substring(1);
			if (this.variables.isNamed(name) || name.equals(LOCK)) {
				throw new InvalidDistributedLockException(this.where,
						"message = \"" + text + "\" has '" + variable.group()
								+ "' outside of '#{' and '}', where it is plain text.",
						"Write '#{" + variable.group() + "}'.");
			}
		}
	}

	/**
	 * The message for a call.
	 * @param fallback what is said where this one fails
	 */
	String text(CallRoot root, @Nullable Object[] arguments, Busy lock, String fallback) {
		StandardEvaluationContext context = new StandardEvaluationContext(root);
		for (int i = 0; i < arguments.length; i++) {
			for (String name : this.variables.namesOf(i)) {
				context.setVariable(name, arguments[i]);
			}
		}
		context.setVariable(LOCK, lock);
		context.setBeanResolver(this.beans);
		try {
			String text = this.expression.getValue(context, String.class);
			return (text != null && !text.isBlank()) ? text : fallback;
		}
		catch (RuntimeException ex) {
			// A method that the expression calls may throw anything
			logger.warn("The message of {} cannot be made: {}", this.where, ex.getMessage());
			return fallback;
		}
	}

	/**
	 * What a message knows of the lock.
	 *
	 * @param name the name of the lock
	 * @param waited how long the call has waited
	 */
	record Busy(String name, Duration waited) {

		static final List<String> PROPERTIES = List.of("name", "waited");

	}

}
