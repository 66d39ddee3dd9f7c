package io.coordination.aop;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.springframework.expression.ExpressionException;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.Assign;
import org.springframework.expression.spel.ast.CompoundExpression;
import org.springframework.expression.spel.ast.Elvis;
import org.springframework.expression.spel.ast.FunctionReference;
import org.springframework.expression.spel.ast.Indexer;
import org.springframework.expression.spel.ast.InlineList;
import org.springframework.expression.spel.ast.InlineMap;
import org.springframework.expression.spel.ast.Literal;
import org.springframework.expression.spel.ast.MethodReference;
import org.springframework.expression.spel.ast.OpDec;
import org.springframework.expression.spel.ast.OpInc;
import org.springframework.expression.spel.ast.OpPlus;
import org.springframework.expression.spel.ast.Projection;
import org.springframework.expression.spel.ast.PropertyOrFieldReference;
import org.springframework.expression.spel.ast.Selection;
import org.springframework.expression.spel.ast.Ternary;
import org.springframework.expression.spel.ast.TypeReference;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.support.StandardTypeLocator;

/**
 * Reads a parsed key before anybody calls the method. SpEL itself takes a variable that
 * does not exist for {@code null}, which would make one lock out of many.
 */
final class KeyExpressionCheck {

	private final String where;

	private final String attribute;

	private final String expression;

	private final KeyVariables variables;

	private final Map<String, Integer> used = new LinkedHashMap<>();

	private boolean root;

	private boolean message;

	KeyExpressionCheck(String where, String attribute, String expression, KeyVariables variables) {
		this.where = where;
		this.attribute = attribute;
		this.expression = expression;
		this.variables = variables;
	}

	/**
	 * Checks a tree.
	 * @return the variables it uses, with the positions of their parameters
	 * @throws InvalidDistributedLockException if it uses what it does not have
	 */
	Map<String, Integer> check(SpelNode tree) {
		check(tree, true, false, true);
		checkText(tree);
		return this.used;
	}

	/**
	 * Checks a tree in a message, which may name a property of the call without a
	 * variable, and knows {@code #lock}. What is {@code null} is told as it is.
	 * @throws InvalidDistributedLockException if it uses what it does not have
	 */
	void checkMessage(SpelNode tree) {
		this.message = true;
		check(tree, true, false, true);
	}

	/**
	 * Checks a node.
	 * @param first whether the node stands where SpEL would look at the root object
	 * @param element whether the root object there is an element of a collection
	 * @param joined whether what stands here is put together by {@link KeyExpression}
	 */
	private void check(SpelNode node, boolean first, boolean element, boolean joined) {
		if (node instanceof VariableReference) {
			variable(node.toStringAST().substring(1), element);
		}
		else if (node instanceof FunctionReference) {
			throw invalid("calls a function, but there are none",
					"Call a method of a parameter, or of a type as in T(java.lang.Math).abs(#id).");
		}
		else if (node instanceof Assign || node instanceof OpInc || node instanceof OpDec) {
			throw invalid("changes a value", "Only read in a key.");
		}
		else if (first && !element && node instanceof PropertyOrFieldReference
				&& !(this.message && CallRoot.PROPERTIES.contains(node.toStringAST()))) {
			throw bareWord(node.toStringAST());
		}
		else if (first && !element && node instanceof MethodReference) {
			throw invalid("calls '" + node.toStringAST() + "' on nothing",
					"Call a method of a parameter (#order.id()) or of a bean (@tenants.current()).");
		}
		else if (node instanceof OpPlus && !joined && !this.message && !this.attribute.equals(LockCondition.ATTRIBUTE)
				&& mayJoinText(node)) {
			throw invalid("joins text inside of something else, where a part that is null could not be told from the "
					+ "text 'null'", "Join the parts last, as in 'order:' + #id.toUpperCase().");
		}
		if (node instanceof CompoundExpression && isRoot(node.getChild(0)) && !this.variables.isNamed("root")) {
			this.root = true;
			known(node, CallRoot.PROPERTIES, element);
			return;
		}
		if (this.message && node instanceof CompoundExpression && isLock(node.getChild(0))) {
			known(node, LockMessage.Busy.PROPERTIES, element);
			return;
		}
		if (node instanceof CompoundExpression && node.getChild(0) instanceof VariableReference) {
			members(node);
		}
		if (node instanceof TypeReference) {
			type(node.toStringAST());
		}
		boolean inElement = element || node instanceof Projection || node instanceof Selection;
		for (int i = 0; i < node.getChildCount(); i++) {
			SpelNode child = node.getChild(i);
			boolean childIsJoined = joined
					&& (node instanceof OpPlus || node instanceof Elvis || (node instanceof Ternary && i > 0));
			boolean literal = node instanceof Indexer || (node instanceof InlineMap && i % 2 == 0);
			boolean childIsFirst = (node instanceof CompoundExpression) ? i == 0 && first : !literal;
			check(child, childIsFirst, inElement, childIsJoined);
		}
	}

	private void members(SpelNode compound) {
		int index = this.variables.indexOf(compound.getChild(0).toStringAST().substring(1));
		KeyMembers.Missing missing = (index >= 0) ? KeyMembers.missing(compound, this.variables.type(index)) : null;
		if (missing != null) {
			throw invalid("uses '" + missing.name() + "', which " + missing.type().getTypeName() + " does not have",
					(missing.meant() != null) ? "Did you mean '" + missing.meant() + "'?"
							: "Name a public property or method of it.");
		}
	}

	private void type(String written) {
		try {
			new StandardTypeLocator().findType(written.replaceAll("^T\\(|[\\[\\])]", ""));
		}
		catch (ExpressionException ex) {
			if (!written.matches("T\\([a-z]+[\\[\\]]*\\)")) {
				throw invalid("uses '" + written + "', but there is no such class", "Write its full name.");
			}
		}
	}

	/**
	 * Whether a sum may be one of texts: those with a number are not.
	 */
	private static boolean mayJoinText(SpelNode sum) {
		for (int i = 0; i < sum.getChildCount(); i++) {
			if (sum.getChild(i) instanceof Literal literal && literal.getLiteralValue().getValue() instanceof Number) {
				return false;
			}
		}
		return sum.getChildCount() > 1;
	}

	/**
	 * Refuses parameters that have no text to lock by, where they stand as text.
	 */
	private void checkText(SpelNode node) {
		if (this.attribute.equals("key") && (node instanceof InlineList || (node instanceof CompoundExpression
				&& node.getChild(node.getChildCount() - 1) instanceof Projection))) {
			throw several(node, "a list", List.class);
		}
		if (node instanceof VariableReference && !isRoot(node)) {
			Class<?> type = this.variables.type(this.variables.indexOf(node.toStringAST().substring(1)));
			if (this.attribute.equals("key") && KeyValue.isNeverSingle(type)) {
				throw several(node, "a " + type.getTypeName(), type);
			}
			Class<?> unstable = RecordText.unstablePart(type);
			if (unstable != null) {
				throw invalid(
						"uses '" + node.toStringAST() + "', a " + type.getTypeName() + ", which has a "
								+ unstable.getTypeName() + ", whose text is another in every process",
						"Name the property that identifies it, as in #order.id.");
			}
		}
		else if (node instanceof OpPlus || node instanceof Elvis || node instanceof Ternary) {
			for (int i = (node instanceof Ternary) ? 1 : 0; i < node.getChildCount(); i++) {
				checkText(node.getChild(i));
			}
		}
	}

	private InvalidDistributedLockException several(SpelNode node, String what, Class<?> type) {
		return invalid("uses '" + node.toStringAST() + "', " + what + ", but must be a single value",
				(type.isArray() || Collection.class.isAssignableFrom(type))
						? "For a lock of each element use keys = \"" + node.toStringAST() + "\"."
						: "Name the property that identifies it, as in #order.id.");
	}

	private static boolean isRoot(SpelNode node) {
		return node instanceof VariableReference && node.toStringAST().equals("#root");
	}

	private static boolean isLock(SpelNode node) {
		return node instanceof VariableReference && node.toStringAST().equals("#" + LockMessage.LOCK);
	}

	/**
	 * Whether what was checked looks at the call itself.
	 */
	boolean usesRoot() {
		return this.root;
	}

	/**
	 * Checks what is read of something that has these properties.
	 */
	private void known(SpelNode compound, List<String> properties, boolean element) {
		String variable = compound.getChild(0).toStringAST();
		String property = compound.getChild(1).toStringAST();
		if (!(compound.getChild(1) instanceof PropertyOrFieldReference) || !properties.contains(property)) {
			throw invalid("uses '" + variable + "." + property + "', which does not exist", "There is "
					+ String.join(", ", properties.stream().map((one) -> variable + "." + one).toList()) + ".");
		}
		for (int i = 2; i < compound.getChildCount(); i++) {
			check(compound.getChild(i), false, element, false);
		}
	}

	private void variable(String name, boolean element) {
		if ((name.equals("this") && element) || (this.message && name.equals(LockMessage.LOCK))) {
			return;
		}
		if ((name.equals("this") || name.equals("root")) && this.variables.isNamed(name)) {
			throw invalid("uses '#" + name + "', which is no parameter in SpEL",
					"Use its position: #p" + this.variables.indexOf(name) + ".");
		}
		int index = this.variables.indexOf(name);
		if (index < 0) {
			throw invalid("uses '#" + name + "', which is no parameter", (this.message && this.variables.isEmpty())
					? "There is #lock.name and #lock.waited." : this.variables.advice(name));
		}
		this.used.put(name, index);
	}

	private InvalidDistributedLockException bareWord(String word) {
		String action = this.variables.isNamed(word) ? "Did you mean '#" + word + "'?" : "Write '#" + word
				+ "' if it is a parameter. If it is a constant, it belongs to the name: name = \"" + word + "\".";
		return invalid("uses '" + word + "', which is no variable", action);
	}

	private InvalidDistributedLockException invalid(String problem, String action) {
		return new InvalidDistributedLockException(this.where,
				this.attribute + " = \"" + this.expression + "\" " + problem + ".", action);
	}

}
