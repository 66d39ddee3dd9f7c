package io.coordination.redis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.coordination.backend.LockKey;

import io.lettuce.core.cluster.SlotHash;

import static org.assertj.core.api.Assertions.assertThat;

class RedisKeysTests {

	private static final List<String> HOSTILE = List.of("", "x", "X", " ", "  ", "%", "%%", "%20", "%25", "%u0041", "{",
			"}", "{}", "}{", "{x}", "x}", "{x", "}:queue", "}:waiters", "x}:queue", "x:{y}", "x:{y}:queue", ":", "::",
			"queue", "fence", "waiters", ":fence", "x:fence", "\n", "\r\n", "\t", "\u0000", "\u007f", "\u0080", "x\ny",
			"é", "e\u0301", "日本語", "🎫", "\uD83C", "\uDFAB", "\uDFAB\uD83C", "x\uD83C", "%uD83C", "\uFFFD", "*", "?",
			"[a-z]", "\\", "'", "\"", "x=1", "v=1 owner=a", "x".repeat(512), "🎫".repeat(256), "{".repeat(512),
			"x".repeat(511) + "y");

	private final List<LockKey> all = new ArrayList<>();

	RedisKeysTests() {
		for (String namespace : HOSTILE) {
			for (String name : HOSTILE) {
				this.all.add(new LockKey(namespace, name));
			}
		}
	}

	@Test
	void plainNamesAreReadable() {
		RedisKeys keys = RedisKeys.of(new LockKey("shop", "order:42"));
		assertThat(keys.all()).containsExactly("coordination:shop:{order:42}", "coordination:shop:{order:42}:queue",
				"coordination:shop:{order:42}:waiters", "coordination:shop:fence");
	}

	@Test
	void othersAreEncoded() {
		assertThat(RedisKeys.of(new LockKey("a b:c", "x {y}%é🎫")).lock())
			.isEqualTo("coordination:a%20b%3Ac:{x%20%7By%7D%25%C3%A9%F0%9F%8E%AB}");
	}

	@Test
	void differentLocksNeverShareAKey() {
		Map<String, Object> owners = new HashMap<>();
		for (LockKey key : this.all) {
			RedisKeys keys = RedisKeys.of(key);
			for (String own : List.of(keys.lock(), keys.queue(), keys.waiters())) {
				assertThat(owners.put(own, key)).as("%s of %s", own, key).isNull();
			}
		}
		for (LockKey key : this.all) {
			Object other = owners.put(RedisKeys.of(key).fence(), key.namespace());
			assertThat(other).as("fence of %s", key).isIn(null, key.namespace());
		}
	}

	@Test
	void keysOfALockShareOneSlot() {
		for (LockKey key : this.all) {
			RedisKeys keys = RedisKeys.of(key);
			int slot = SlotHash.getSlot(keys.lock());
			assertThat(SlotHash.getSlot(keys.queue())).isEqualTo(slot);
			assertThat(SlotHash.getSlot(keys.waiters())).isEqualTo(slot);
			assertThat(keys.lock().chars().filter((c) -> c == '{').count()).isOne();
			assertThat(keys.lock().indexOf('}') - keys.lock().indexOf('{')).as("an empty tag is none").isGreaterThan(1);
		}
	}

	@Test
	void keysArePrintableAndWithoutWhiteSpace() {
		for (LockKey key : this.all) {
			assertThat(RedisKeys.of(key).all()).allMatch((text) -> text.chars().allMatch((c) -> c > ' ' && c < 0x7f));
			assertThat(RedisKeys.inCluster(key).all())
				.allMatch((text) -> text.chars().allMatch((c) -> c > ' ' && c < 0x7f));
		}
	}

	/**
	 * They are part of what is stored: another tag would be another lock.
	 */
	@Test
	void namesInAClusterStayWhatTheyAre() {
		RedisKeys keys = RedisKeys.inCluster(new LockKey("shop", "order:42"));
		assertThat(keys.all()).containsExactly("coordination:shop:{39}:{order:42}",
				"coordination:shop:{39}:{order:42}:queue", "coordination:shop:{39}:{order:42}:waiters",
				"coordination:shop:{39}:fence");
		assertThat(keys.tag()).isEqualTo("39");
		assertThat(RedisKeys.inCluster(new LockKey("a b:c", "x {y}%")).lock())
			.isEqualTo("coordination:a%20b%3Ac:{39}:{x%20%7By%7D%25}");
	}

	@Test
	void allKeysOfALockInAClusterShareOneSlot() {
		for (LockKey key : this.all) {
			RedisKeys keys = RedisKeys.inCluster(key);
			int slot = SlotHash.getSlot(keys.tag());
			assertThat(keys.all()).allMatch((text) -> SlotHash.getSlot(text) == slot);
		}
	}

	@Test
	void differentLocksInAClusterNeverShareAKey() {
		Map<String, Object> owners = new HashMap<>();
		for (LockKey key : this.all) {
			RedisKeys keys = RedisKeys.inCluster(key);
			for (String own : List.of(keys.lock(), keys.queue(), keys.waiters())) {
				assertThat(owners.put(own, key)).as("%s of %s", own, key).isNull();
			}
			assertThat(RedisKeys.parse(keys.lock())).isEqualTo(key);
			assertThat(RedisKeys.parse(keys.queue())).isNull();
			assertThat(RedisKeys.parse(keys.fence())).isNull();
		}
		for (LockKey key : this.all) {
			Object other = owners.put(RedisKeys.inCluster(key).fence(), key.namespace());
			assertThat(other).as("fence of %s", key).isIn(null, key.namespace());
		}
	}

	/**
	 * However many masters divide the slots among them, each gets its share.
	 */
	@Test
	void bucketsAreSpreadEvenlyOverTheSlots() {
		int[] buckets = new int[SlotBuckets.COUNT];
		for (int i = 0; i < 20_000; i++) {
			String tag = RedisKeys.inCluster(new LockKey("shop", "order:" + i)).tag();
			buckets[SlotHash.getSlot(tag) * SlotBuckets.COUNT / SlotHash.SLOT_COUNT]++;
		}
		assertThat(buckets).hasSize(256);
		assertThat(Arrays.stream(buckets).min().orElseThrow()).isGreaterThan(30);
		assertThat(Arrays.stream(buckets).max().orElseThrow()).isLessThan(160);
	}

	@Test
	void lockIsReadBackFromItsKey() {
		for (LockKey key : this.all) {
			RedisKeys keys = RedisKeys.of(key);
			assertThat(RedisKeys.parse(keys.lock())).isEqualTo(key);
			assertThat(RedisKeys.parse(keys.queue())).isNull();
			assertThat(RedisKeys.parse(keys.waiters())).isNull();
			assertThat(RedisKeys.parse(keys.fence())).isNull();
		}
	}

	@Test
	void whatIsNoKeyIsReadAsNone() {
		for (String text : List.of("", "x", "coordination:", "coordination:shop", "coordination:shop:{x",
				"coordination:shop:x}", "coordination:shop:{x} ", "coordination:shop:{x y}", "coordination:shop:{%}x}",
				"coordination:shop:{%4}", "coordination:shop:{%zz}", "coordination:shop:{%u12}",
				"coordination:shop:{%41}", "coordination:shop:{%7b}", "coordination:{x}", "coordination::{x}",
				"coordination:a:b:{x}", "redisson:shop:{x}", "coordination:shop:{%FF}", "coordination:shop:{}")) {
			assertThat(RedisKeys.parse(text)).as(text).isNull();
		}
	}

}
