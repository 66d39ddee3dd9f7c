package io.coordination.zookeeper;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.apache.zookeeper.common.PathUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.coordination.backend.LockKey;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LockPath} and {@link Encoding}.
 */
class LockPathTests {

	private static final List<String> HOSTILE = List.of("", ".", "..", "...", "/", "//", "a/b", "/a", "a/", "%", "%2F",
			"%2f", "%25", "a%", " ", "\u00e9", "e\u0301", "\u65e5\u672c", "\ud83c\udfab", "\ud83c", "\udfab", "\u0000",
			"\u0007", "\u007f", "\u0085", "\u009f", "\ufff0", "\uffff", "\ue000", "zookeeper", "locks",
			"v1-a@0000000001", "@", "a@b", "%u0041", "%%", "a".repeat(512), "\u65e5".repeat(512));

	@Test
	void pathSaysWhatItIsOf() {
		LockPath path = LockPath.of("/coordination", new LockKey("shop", "order:42"));
		assertThat(path.lock()).isEqualTo("/coordination/locks/shop/order%3A42");
		assertThat(path.root()).containsExactly("/coordination");
		assertThat(path.containers()).containsExactly("/coordination/locks", "/coordination/locks/shop",
				"/coordination/locks/shop/order%3A42");
		assertThat(path.node("v1-a@")).isEqualTo("/coordination/locks/shop/order%3A42/v1-a@");
	}

	@Test
	void deepRootIsMadeFromTheTopDown() {
		assertThat(LockPath.of("/a/b/c", new LockKey("n", "x")).root()).containsExactly("/a", "/a/b", "/a/b/c");
	}

	@Test
	void hostileNamesAreElementsOfPathsAndDoNotMeet() {
		Set<String> paths = new HashSet<>();
		for (String name : HOSTILE) {
			String path = LockPath.of("/r", new LockKey("n", name)).lock();
			PathUtils.validatePath(path);
			assertThat(path).startsWith("/r/locks/n/").matches("[\\x21-\\x7e]+");
			assertThat(path.substring("/r/locks/n/".length())).isNotEmpty().doesNotContain("/").isNotIn(".", "..");
			assertThat(paths.add(path)).as(path).isTrue();
		}
	}

	@Test
	void hostileNamespacesDoNotMeetHostileNames() {
		Set<String> paths = new HashSet<>();
		for (String namespace : HOSTILE) {
			for (String name : HOSTILE) {
				assertThat(paths.add(LockPath.of("/r", new LockKey(namespace, name)).lock())).isTrue();
			}
		}
	}

	@ParameterizedTest
	@CsvSource({ "order-42_a.b~c, order-42_a.b~c", "a b, a%20b", "a/b, a%2Fb", "., %2E", ".., %2E%2E", "%, %25" })
	void whatIsPlainStaysReadable(String name, String encoded) {
		assertThat(Encoding.encode(name)).isEqualTo(encoded);
		assertThat(Encoding.decode(encoded)).isEqualTo(name);
	}

	@ParameterizedTest
	@ValueSource(strings = { "host/1/a#7", "日本/1/🎫#1", "a%20b", "x\u00a0y" })
	void ownersAreReadAgain(String owner) {
		assertThat(Encoding.decode(Encoding.encode(owner))).isEqualTo(owner);
	}

	@Test
	void emptyTextAndHalfAPairAreReadAgain() {
		for (String text : List.of("", "\ud83d", "a\udfabb")) {
			assertThat(Encoding.decode(Encoding.encode(text))).isEqualTo(text);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "a%", "%4", "%zz", "%u12", "100%25%" })
	void whatNobodyEncodedStaysAsItIs(String text) {
		assertThat(Encoding.decode(text)).isEqualTo(text);
	}

}
