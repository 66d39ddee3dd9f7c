package io.coordination.aop;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.KotlinDetector;
import org.springframework.core.ParameterNameDiscoverer;

/**
 * The variables that the key of a method can use: its parameters by name, and by position
 * as {@code #p0} or {@code #a0}.
 */
final class KeyVariables {

	private static final ParameterNameDiscoverer discoverer = new DefaultParameterNameDiscoverer();

	private static final Pattern BY_POSITION = Pattern.compile("[pa](\\d{1,3})");

	private final int count;

	private final Class<?>[] types;

	private final @Nullable List<String> names;

	/**
	 * The variables of a method.
	 * @param method the method that carries the annotation, whose parameter names its
	 * author sees
	 */
	KeyVariables(Method method) {
		// A suspending function has a parameter that its author does not see
		this.count = method.getParameterCount() - (KotlinDetector.isSuspendingFunction(method) ? 1 : 0);
		this.types = method.getParameterTypes();
		@Nullable String[] found = discoverer.getParameterNames(method);
		this.names = (found != null) ? Arrays.asList(found) : (this.count == 0) ? List.of() : null;
	}

	/**
	 * The position of a variable.
	 * @return the index of the parameter, or a negative number if there is no such
	 * variable
	 */
	int indexOf(String variable) {
		int byName = (this.names != null) ? this.names.indexOf(variable) : -1;
		if (byName >= 0) {
			return byName;
		}
		Matcher matcher = BY_POSITION.matcher(variable);
		if (matcher.matches()) {
			int index = Integer.parseInt(matcher.group(1));
			return (index < this.count) ? index : -1;
		}
		return -1;
	}

	/**
	 * What the variable of a parameter is called.
	 */
	List<String> namesOf(int index) {
		List<String> found = new ArrayList<>(List.of("p" + index, "a" + index));
		if (this.names != null && index < this.names.size()) {
			found.add(this.names.get(index));
		}
		return found;
	}

	Class<?> type(int index) {
		return this.types[index];
	}

	boolean isEmpty() {
		return this.count == 0;
	}

	boolean isNamed(String parameter) {
		return this.names != null && this.names.contains(parameter);
	}

	/**
	 * What to do about a variable that does not exist.
	 */
	String advice(String variable) {
		if (this.names == null && !BY_POSITION.matcher(variable).matches()) {
			return "The class file has no parameter names. Compile with '-parameters' (Maven: "
					+ "<maven.compiler.parameters>true</maven.compiler.parameters>, Gradle: "
					+ "options.compilerArgs.add(\"-parameters\"), and the same in the IDE), or use the position: "
					+ positions() + ".";
		}
		if (this.count == 0) {
			return "The method has no parameters, so leave the key out: all calls share one lock.";
		}
		List<String> known = (this.names != null) ? this.names : List.of();
		Optional<String> meant = Spelling.closest(variable, known);
		String all = known.isEmpty() ? positions()
				: known.stream().map((name) -> "#" + name).collect(Collectors.joining(", "));
		return meant.map((name) -> "Did you mean '#" + name + "'? ").orElse("") + "There is " + all + ".";
	}

	private String positions() {
		List<String> positions = new ArrayList<>();
		for (int i = 0; i < this.count; i++) {
			positions.add("#p" + i);
		}
		return String.join(", ", positions);
	}

}
