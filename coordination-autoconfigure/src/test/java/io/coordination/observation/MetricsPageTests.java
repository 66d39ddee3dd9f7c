package io.coordination.observation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.micrometer.common.docs.KeyName;
import org.junit.jupiter.api.Test;

import io.coordination.lock.event.LockLost;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is written about the meters.
 */
class MetricsPageTests {

	private static final Path PAGE = Path.of(System.getProperty("basedir", ""), "../docs/metrics.md");

	private static final Pattern ROW = Pattern.compile("^\\| `(\\S+)` \\| (timer|counter) \\| ([^|]*) \\|",
			Pattern.MULTILINE);

	private static final Pattern CODE = Pattern.compile("`([^`]+)`");

	private final String page = Files.readString(PAGE);

	MetricsPageTests() throws IOException {
	}

	@Test
	void thePageListsEachMeterWithItsTypeAndTags() {
		assertThat(ROW.matcher(this.page).results().map(MetricsPageTests::row))
			.containsExactlyElementsOf(Arrays.stream(LockMeter.values())
				.map((meter) -> List.of(meter.getName(), meter.getType().name().toLowerCase(Locale.ROOT),
						Arrays.stream(meter.getKeyNames()).map(KeyName::asString).collect(Collectors.joining(" "))))
				.toList());
	}

	@Test
	void thePageListsEachValue() {
		assertThat(values("outcome"))
			.isEqualTo(Arrays.stream(LockMeter.Outcome.values()).map(LockMeter.Outcome::asString).toList());
		assertThat(values("cause")).startsWith(Arrays.stream(LockLost.Cause.values())
			.map((cause) -> cause.name().toLowerCase(Locale.ROOT))
			.toArray(String[]::new));
		assertThat(values("lock")).containsExactly("none", LockMeters.OTHER);
	}

	private static List<String> row(MatchResult row) {
		return List.of(row.group(1), row.group(2), String.join(" ", codes(row.group(3))));
	}

	private List<String> values(String tag) {
		return this.page.lines()
			.filter((line) -> line.startsWith("| `" + tag + "` |"))
			.map((line) -> codes(line.substring(line.indexOf('|', 2))))
			.findFirst()
			.orElseThrow();
	}

	private static List<String> codes(String text) {
		return CODE.matcher(text).results().map((code) -> code.group(1)).toList();
	}

}
