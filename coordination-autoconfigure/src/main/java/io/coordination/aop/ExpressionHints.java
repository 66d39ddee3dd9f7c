package io.coordination.aop;

import java.util.List;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import org.springframework.core.ResolvableType;
import org.springframework.expression.Expression;
import org.springframework.expression.ExpressionException;
import org.springframework.expression.common.CompositeStringExpression;
import org.springframework.expression.common.TemplateParserContext;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.BeanReference;
import org.springframework.expression.spel.ast.CompoundExpression;
import org.springframework.expression.spel.ast.ConstructorReference;
import org.springframework.expression.spel.ast.Elvis;
import org.springframework.expression.spel.ast.Indexer;
import org.springframework.expression.spel.ast.InlineList;
import org.springframework.expression.spel.ast.Literal;
import org.springframework.expression.spel.ast.MethodReference;
import org.springframework.expression.spel.ast.OpPlus;
import org.springframework.expression.spel.ast.Projection;
import org.springframework.expression.spel.ast.PropertyOrFieldReference;
import org.springframework.expression.spel.ast.Selection;
import org.springframework.expression.spel.ast.StringLiteral;
import org.springframework.expression.spel.ast.Ternary;
import org.springframework.expression.spel.ast.TypeReference;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.StandardTypeLocator;

/**
 * Follows expressions along the declared types, and has every member registered that SpEL
 * will look for by its name. What only the value of a call tells, such as the properties
 * of a subclass, it cannot see.
 */
final class ExpressionHints {

	private static final SpelExpressionParser parser = new SpelExpressionParser();

	private final MemberHints members;

	private final Function<String, ResolvableType> variables;

	private final Function<String, @Nullable Class<?>> beans;

	/**
	 * Hints for the expressions of a method.
	 * @param variables the types of its variables, or {@link ResolvableType#NONE}
	 * @param beans the types of beans
	 */
	ExpressionHints(MemberHints members, Function<String, ResolvableType> variables,
			Function<String, @Nullable Class<?>> beans) {
		this.members = members;
		this.variables = variables;
		this.beans = beans;
	}

	void registerKey(String key) {
		for (SpelNode tree : parse(key, key.contains("#{"))) {
			text(tree);
		}
	}

	void registerCondition(String condition) {
		parse(condition, false).forEach((tree) -> type(tree, ResolvableType.NONE));
	}

	/** Unlike a key, a message may name a property of the call without a variable. */
	void registerMessage(String message) {
		parse(message, true).forEach((tree) -> type(tree, ResolvableType.forClass(CallRoot.class)));
	}

	private static List<SpelNode> parse(String text, boolean template) {
		if (text.isBlank()) {
			return List.of();
		}
		try {
			Expression parsed = template ? parser.parseExpression(text, new TemplateParserContext())
					: parser.parseRaw(text);
			Expression[] parts = (parsed instanceof CompositeStringExpression several) ? several.getExpressions()
					: new Expression[] { parsed };
			return List.of(parts)
				.stream()
				.filter(SpelExpression.class::isInstance)
				.map((part) -> ((SpelExpression) part).getAST())
				.toList();
		}
		catch (ExpressionException | IllegalStateException ex) {
			// Plain text, or a mistake that is reported when the application starts
			return List.of();
		}
	}

	/** What stands as text is asked for its toString(). */
	private void text(SpelNode node) {
		if (node instanceof OpPlus || node instanceof Elvis || node instanceof Ternary) {
			for (int i = 0; i < node.getChildCount(); i++) {
				text(node.getChild(i));
			}
		}
		else {
			this.members.registerText(type(node, ResolvableType.NONE));
		}
	}

	/**
	 * Registers what a node reads.
	 * @param context what a name without a variable belongs to
	 * @return the type of its value, or {@link ResolvableType#NONE}
	 */
	private ResolvableType type(SpelNode node, ResolvableType context) {
		if (node instanceof CompoundExpression) {
			ResolvableType current = type(node.getChild(0), context);
			for (int i = 1; i < node.getChildCount(); i++) {
				current = step(node.getChild(i), current, context);
			}
			return current;
		}
		if (node instanceof VariableReference) {
			String name = node.toStringAST().substring(1);
			return name.equals("this") ? context : this.variables.apply(name);
		}
		if (node instanceof BeanReference) {
			Class<?> bean = this.beans.apply(node.toStringAST().replaceAll("[&@'\"]", ""));
			return (bean != null) ? ResolvableType.forClass(bean) : ResolvableType.NONE;
		}
		if (node instanceof TypeReference) {
			return located(node.toStringAST().replaceAll("^T\\(|[\\[\\])]", ""));
		}
		if (node instanceof Literal literal) {
			Object value = literal.getLiteralValue().getValue();
			return (value != null) ? ResolvableType.forClass(value.getClass()) : ResolvableType.NONE;
		}
		if (node instanceof PropertyOrFieldReference || node instanceof MethodReference || node instanceof Indexer
				|| node instanceof Projection || node instanceof Selection) {
			return step(node, context, context);
		}
		if (node instanceof ConstructorReference) {
			children(node, 1, context);
			ResolvableType made = located(node.getChild(0).toStringAST());
			this.members.registerConstructors(made, node.getChildCount() - 1);
			return made;
		}
		if (node instanceof Ternary) {
			type(node.getChild(0), context);
		}
		ResolvableType common = children(node, (node instanceof Ternary) ? 1 : 0, context);
		if (node instanceof InlineList) {
			return ResolvableType.forClassWithGenerics(List.class, common);
		}
		return (node instanceof Ternary || node instanceof Elvis) ? common : ResolvableType.NONE;
	}

	/** Goes from a value to what belongs to it. */
	private ResolvableType step(SpelNode node, ResolvableType target, ResolvableType context) {
		if (node instanceof PropertyOrFieldReference property) {
			return this.members.registerProperty(target, property.getName());
		}
		if (node instanceof MethodReference method) {
			children(node, 0, context);
			return this.members.registerMethod(target, method.getName(), node.getChildCount());
		}
		if (node instanceof Indexer) {
			SpelNode index = node.getChild(0);
			type(index, context);
			ResolvableType element = MemberHints.indexed(target);
			return (element.resolve() == null && index instanceof StringLiteral name)
					? this.members.registerProperty(target, String.valueOf(name.getLiteralValue().getValue()))
					: element;
		}
		if (node instanceof Projection) {
			return ResolvableType.forClassWithGenerics(List.class, type(node.getChild(0), MemberHints.element(target)));
		}
		if (node instanceof Selection) {
			type(node.getChild(0), MemberHints.element(target));
			return node.toStringAST().contains("?[") ? target : MemberHints.element(target);
		}
		return type(node, context);
	}

	private ResolvableType children(SpelNode node, int first, ResolvableType context) {
		ResolvableType common = ResolvableType.NONE;
		for (int i = first; i < node.getChildCount(); i++) {
			ResolvableType child = type(node.getChild(i), context);
			common = (common.resolve() == null || child.isAssignableFrom(common)) ? child : common;
		}
		return common;
	}

	private static ResolvableType located(String name) {
		try {
			return ResolvableType.forClass(new StandardTypeLocator().findType(name));
		}
		catch (ExpressionException ex) {
			return ResolvableType.NONE;
		}
	}

}
