package io.coordination.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Code in the documentation that is taken from tests. Above a block of it stands
 * {@code <!-- snippet: path#tag -->}, with a path from {@code io/coordination} on; in the
 * source it is between {@code // tag::tag[]} and {@code // end::tag[]}.
 */
class SnippetTests {

	private static final Path PROJECT = Path.of(System.getProperty("basedir", ""), "..").toAbsolutePath().normalize();

	private static final Path SOURCES = PROJECT.resolve("coordination-autoconfigure/src/test/java/io/coordination");

	private static final Path JOBS = PROJECT.resolve("docs/jobs.md");

	private static final Pattern SNIPPET = Pattern
		.compile("<!-- snippet: (?<path>\\S+)#(?<tag>\\w+) -->\\n```java\\n(?<code>.*?)```\\n", Pattern.DOTALL);

	private static final Pattern MARK = Pattern.compile("<!-- snippet: (\\S+) -->");

	private static final Pattern TAG = Pattern.compile("// tag::(\\w+)\\[]");

	@ParameterizedTest
	@MethodSource("pages")
	void aPageShowsWhatIsCompiled(Path page) throws IOException {
		String text = Files.readString(page);
		List<MatchResult> snippets = SNIPPET.matcher(text).results().toList();
		assertThat(snippets).as("each mark is followed by a block").hasSameSizeAs(marks(text));
		for (MatchResult snippet : snippets) {
			assertThat(snippet.group(3)).as(snippet.group(1)).isEqualTo(tagged(snippet.group(1), snippet.group(2)));
		}
	}

	@Test
	void thePageOfJobsShowsAllOfThemAndNothingElse() throws IOException {
		String text = Files.readString(JOBS);
		assertThat(text.split("```java", -1)).hasSize(marks(text).size() + 1);
		assertThat(marks(text)).hasSizeGreaterThanOrEqualTo(12).containsExactlyInAnyOrderElementsOf(tags("jobs"));
	}

	static Stream<Path> pages() throws IOException {
		try (Stream<Path> docs = Files.walk(PROJECT.resolve("docs"))) {
			return Stream
				.concat(docs.filter((file) -> file.toString().endsWith(".md")), Stream.of(PROJECT.resolve("README.md")))
				.toList()
				.stream();
		}
	}

	private static List<String> marks(String text) {
		return MARK.matcher(text).results().map((mark) -> mark.group(1)).toList();
	}

	private static List<String> tags(String folder) throws IOException {
		try (Stream<Path> files = Files.list(SOURCES.resolve(folder))) {
			return files
				.flatMap((file) -> TAG.matcher(read(file))
					.results()
					.map((tag) -> folder + "/" + file.getFileName() + "#" + tag.group(1)))
				.toList();
		}
	}

	/**
	 * The text of a tag, as far to the left as it goes.
	 */
	private static String tagged(String path, String tag) {
		String source = read(SOURCES.resolve(path));
		Pattern region = Pattern.compile("// tag::" + tag + "\\[]\\n(.*?)[\\t ]*// end::" + tag + "\\[]",
				Pattern.DOTALL);
		return region.matcher(source)
			.results()
			.findFirst()
			.map((found) -> found.group(1).stripIndent())
			.orElseThrow(() -> new AssertionError("No tag '" + tag + "' in " + path));
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new AssertionError("Cannot read " + file, ex);
		}
	}

}
