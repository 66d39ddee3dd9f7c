package io.coordination.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.jayway.jsonpath.JsonPath;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.coordination.observation.LockMeter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is written about the properties: for editors in the metadata, for people in the
 * documentation.
 */
class ConfigurationMetadataTests {

	private static final Path PROJECT = Path.of(System.getProperty("basedir", ""), "..").toAbsolutePath().normalize();

	private static final Path CONFIGURATION = PROJECT.resolve("docs/configuration.md");

	/** A row of a table that begins with a property: its name, and its default. */
	private static final Pattern ROW = Pattern.compile("^\\| `(coordination\\.[^`]+)` \\| ([^|]*) \\|",
			Pattern.MULTILINE);

	/** A property, or the beginning of several: not a package, a file or a Redis key. */
	private static final Pattern MENTION = Pattern.compile("(?<![\\w./:-])coordination\\.[a-z0-9]+(?:[.-][a-z0-9]+)*");

	private final Map<String, Property> properties = metadata();

	@Test
	void everyPropertyIsDescribed() {
		assertThat(this.properties).isNotEmpty();
		this.properties.forEach((name, property) -> {
			assertThat(property.description()).as(name).matches("[A-Z].*\\.").doesNotStartWith("The ");
			if (property.type().equals(Boolean.class.getName())) {
				assertThat(property.description()).as(name).startsWith("Whether ");
			}
		});
	}

	@Test
	void everyPropertyHasADefaultSaveThoseThatAreOptional() {
		assertThat(this.properties.entrySet()).filteredOn((entry) -> entry.getValue().defaultValue() == null)
			.extracting(Map.Entry::getKey)
			.containsExactly("coordination.backend", "coordination.lock.locks", "coordination.namespace",
					"coordination.zookeeper.acl", "coordination.zookeeper.connect-string",
					"coordination.zookeeper.password", "coordination.zookeeper.ssl.enabled",
					"coordination.zookeeper.ssl.key-store", "coordination.zookeeper.ssl.key-store-password",
					"coordination.zookeeper.ssl.trust-store", "coordination.zookeeper.ssl.trust-store-password",
					"coordination.zookeeper.username");
	}

	@Test
	void theDocumentationListsTheSamePropertiesWithTheSameDefaults() throws IOException {
		Map<String, String> documented = rows(CONFIGURATION);
		assertThat(documented.keySet()).containsExactlyInAnyOrderElementsOf(this.properties.keySet());
		documented.forEach(this::hasTheDefault);
	}

	@ParameterizedTest
	@MethodSource("pages")
	void noPageMentionsAPropertyThatDoesNotExist(Path page) throws IOException {
		assertThat(MENTION.matcher(Files.readString(page)).results().map(MatchResult::group)).as(page.toString())
			.allSatisfy((mention) -> assertThat(Stream.concat(this.properties.keySet().stream(), meters()))
				.anyMatch((name) -> name.equals(mention) || name.startsWith(mention + ".")));
	}

	/**
	 * Meters look like properties.
	 */
	private static Stream<String> meters() {
		return Arrays.stream(LockMeter.values()).map(LockMeter::getName);
	}

	@ParameterizedTest
	@MethodSource("backendPages")
	void thePageOfABackendListsTheSameDefaults(Path page) throws IOException {
		rows(page).forEach(this::hasTheDefault);
	}

	@Test
	void thereAreMentions() {
		assertThat(pages()).anySatisfy((page) -> assertThat(page).content().containsPattern(MENTION));
		assertThat(backendPages()).isNotEmpty();
	}

	private void hasTheDefault(String name, String documented) {
		assertThat(this.properties).containsKey(name);
		String value = this.properties.get(name).defaultValue();
		if (value != null) {
			assertThat(documented).as(name).isEqualTo("`" + value + "`");
		}
		else {
			// In words, or another property
			assertThat(documented).as(name).isNotBlank().matches("[^`]+|`[a-z-]+(\\.[a-z-]+)+`");
		}
	}

	private static Map<String, String> rows(Path page) throws IOException {
		Map<String, String> rows = new TreeMap<>();
		ROW.matcher(Files.readString(page))
			.results()
			.forEach((row) -> assertThat(rows.put(row.group(1), row.group(2))).as("another row of " + row.group(1))
				.isNull());
		return rows;
	}

	static List<Path> pages() {
		return Stream.concat(Stream.of(PROJECT.resolve("README.md"), PROJECT.resolve("CHANGELOG.md")), docs()).toList();
	}

	static List<Path> backendPages() {
		return docs().filter((page) -> page.getParent().endsWith("backends")).toList();
	}

	private static Stream<Path> docs() {
		try (Stream<Path> files = Files.walk(PROJECT.resolve("docs"))) {
			return files.filter((file) -> file.toString().endsWith(".md")).sorted().toList().stream();
		}
		catch (IOException ex) {
			throw new AssertionError(ex);
		}
	}

	private static Map<String, Property> metadata() {
		Map<String, Property> properties = new TreeMap<>();
		try {
			for (URL file : Collections.list(ConfigurationMetadataTests.class.getClassLoader()
				.getResources("META-INF/spring-configuration-metadata.json"))) {
				try (InputStream json = file.openStream()) {
					List<Map<String, Object>> all = JsonPath.read(json, "$.properties");
					all.stream()
						.filter((each) -> ((String) each.get("name")).startsWith("coordination."))
						.forEach((each) -> properties.put((String) each.get("name"), Property.of(each)));
				}
			}
		}
		catch (IOException ex) {
			throw new AssertionError(ex);
		}
		return properties;
	}

	private record Property(String type, @Nullable String description, @Nullable String defaultValue) {

		static Property of(Map<String, Object> json) {
			return new Property((String) json.get("type"), (String) json.get("description"),
					Objects.toString(json.get("defaultValue"), null));
		}

	}

}
