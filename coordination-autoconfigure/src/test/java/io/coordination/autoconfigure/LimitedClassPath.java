package io.coordination.autoconfigure;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The class path of this test without some of its libraries, as an application has it
 * that does not need them: a class that names a missing one cannot be loaded, which a
 * filtering class loader above all libraries would not notice.
 */
final class LimitedClassPath {

	private final List<Path> entries;

	private LimitedClassPath(List<Path> entries) {
		this.entries = entries;
	}

	/**
	 * Everything but some libraries.
	 * @param missing a regular expression for the names of their files
	 */
	static LimitedClassPath without(String missing) {
		return of((name) -> !name.matches(missing));
	}

	/**
	 * Nothing but our own classes and some libraries.
	 * @param present a regular expression for the names of their files
	 */
	static LimitedClassPath only(String present) {
		return of((name) -> name.matches(present));
	}

	private static LimitedClassPath of(Predicate<String> present) {
		List<Path> all = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
			.map(Path::of)
			.toList();
		List<Path> kept = all.stream()
			.filter((entry) -> !entry.toString().endsWith(".jar") || present.test(entry.getFileName().toString()))
			.toList();
		if (kept.size() == all.size()) {
			throw new IllegalArgumentException("Nothing of this is on the class path");
		}
		return new LimitedClassPath(kept);
	}

	/**
	 * Whether a class is there.
	 */
	boolean has(String type) {
		try (URLClassLoader loader = loader()) {
			Class.forName(type, false, loader);
			return true;
		}
		catch (ClassNotFoundException ex) {
			return false;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Runs what only types of the JDK lead to, or from.
	 * @param type what to run, with a constructor without parameters
	 * @param argument its argument
	 * @return its result
	 */
	<T, R> R run(Class<? extends Function<T, R>> type, T argument) throws Exception {
		Thread thread = Thread.currentThread();
		ClassLoader before = thread.getContextClassLoader();
		try (URLClassLoader loader = loader()) {
			thread.setContextClassLoader(loader);
			@SuppressWarnings("unchecked")
			Function<T, R> function = Class.forName(type.getName(), true, loader)
				.asSubclass(Function.class)
				.getDeclaredConstructor()
				.newInstance();
			return function.apply(argument);
		}
		finally {
			thread.setContextClassLoader(before);
		}
	}

	private URLClassLoader loader() {
		return new URLClassLoader(this.entries.stream().map(LimitedClassPath::url).toArray(URL[]::new),
				ClassLoader.getPlatformClassLoader());
	}

	private static URL url(Path entry) {
		try {
			return entry.toUri().toURL();
		}
		catch (MalformedURLException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
