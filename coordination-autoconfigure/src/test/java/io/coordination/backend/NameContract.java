package io.coordination.backend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Sentences about the names of locks and of owners. Names are those that the engine lets
 * through: without control characters, in whole characters, up to 512 of them.
 */
public abstract class NameContract extends ReleaseContract {

	@Test
	final void oddNamesDoNotMeet() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		Map<LockKey, BackendLease> held = new LinkedHashMap<>();
		for (LockKey key : oddKeys()) {
			held.put(key, a.acquire(request(key)));
		}
		List<ContractPlace> places = new ArrayList<>();
		for (LockKey key : held.keySet()) {
			places.add(b.await(request(key)));
		}
		for (ContractPlace place : places) {
			assertThat(place.isPushed()).isFalse();
			assertThat(a.release(held.get(place.waiting().request().key()))).isTrue();
			assertThat(b.renew(place.pushed().lease(), ContractClient.LONG)).isTrue();
		}
		for (ContractPlace place : places) {
			assertThat(place.withdraw()).isTrue();
		}
	}

	private Set<LockKey> oddKeys() {
		Set<LockKey> keys = new LinkedHashSet<>();
		String base = "x".repeat(511);
		for (String name : List.of("x", "X", " x", "x ", "x y", "x+y", "x%20y", "x%2520y", "{x}", "{x", "x}", "{}x",
				"x{}", "{x}{y}", "x/y", "x%2Fy", "x%2fy", "/x/y", "/x/y/", "x//y", ".", "..", "./x", "x/../y", "x:y",
				"x::y", ":x:y", "x:y:", ":", "::", "%", "%%", "%25", "\\", "x\\y", "*", "?", "[x]", "$x", "${x}", "#x",
				"#{x}", "'x'", "\"x\"", "~x", "@x", "x|y", "x,y", "x;y", "x=y", "x&y", "x<y>", "lock", "queue", "fence",
				"x:lock", "x:queue", "x:fence", "lock:x", "queue:x", "{x}:queue", "x}:queue", "é", "e\u0301", "Ä", "ä",
				"ẞ", "ß", "ss", "İ", "i", "ı", "日本語", "🎫", "🎫🎫", "\u200bx", "x\u00a0y", "ﬁ", "fi", "\u202ex",
				"x\u200d", "\ufeffx", "\uffff", "ſ", "Ａ", "́x", "x\u0301", "\u2028", "\u0085x", "👩‍👩‍👧", "v=1",
				"v=1 owner=x", "x owner=y", "\\u0041", "&#65;", "%u0041", "x\\0", "-x", "--", "$-1", "*3",
				"coordination:x", base + "1", base + "2", base, "日".repeat(512), "🎫".repeat(256), "%".repeat(512),
				"{".repeat(511) + "}", "}".repeat(512))) {
			keys.add(key(name));
		}
		// The border between the two parts
		String namespace = key().namespace();
		for (String border : List.of(":", "::", "/", "%", "{", "}", "{}", "}:", ":{", "|", ".", "-", "_", " ", "#")) {
			keys.add(new LockKey(namespace + border + "a", "b"));
			keys.add(new LockKey(namespace, "a" + border + "b"));
			keys.add(new LockKey(namespace + border, "a" + border + "b"));
			keys.add(new LockKey(namespace + border + "a" + border, "b"));
			keys.add(new LockKey(namespace + border + "a", border + "b"));
		}
		keys.add(new LockKey(namespace + "a", "b"));
		keys.add(new LockKey(namespace, "ab"));
		return keys;
	}

	@Test
	final void sameNameInAnotherNamespaceIsAnotherLock() {
		ContractClient a = client();
		LockKey other = new LockKey(key().namespace() + "-other", key().name());
		BackendLease first = a.acquire(request(key()));
		BackendLease second = a.acquire(request(other));
		assertThat(a.release(second, Duration.ZERO)).isTrue();
		assertThat(a.holds(first)).isTrue();
	}

	@Test
	final void grantForAnOddNameThatNobodyWaitsForNamesIt() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		for (LockKey key : oddKeys()) {
			BackendLease held = a.acquire(request(key));
			ContractPlace place = b.await(request(key));
			place.close();
			assertThat(a.release(held)).isTrue();
			assertThat(b.stray()).isEqualTo(new ContractClient.Stray(key, place.owner()));
			assertThat(place.withdraw()).isTrue();
		}
	}

	@Test
	final void oddOwnersAreToldApart() throws InterruptedException {
		ContractClient a = client();
		ContractClient b = client();
		for (String odd : List.of("a=b", "v=2", "rev=1", "owner=x", "wait=1", "%", "{x}", "a:b", "a,b", "'", "\"", "\\",
				"[x]", "é", "x\u00a0y", "\u2028", "日本/1/🎫#1", "nil", "null", "0", "-1", "x".repeat(300))) {
			LockRequest first = LockRequest.exclusive(key(), new OwnerId(odd), ContractClient.LONG);
			LockRequest second = LockRequest.exclusive(key(), new OwnerId(odd + odd), ContractClient.LONG);
			BackendLease held = a.acquire(first);
			assertThat(a.acquire(first).revision()).isEqualTo(held.revision());
			ContractPlace place = b.await(second);
			assertThat(b.refused(request(key())).holder()).isIn(null, odd);
			assertThat(a.release(held)).isTrue();
			BackendLease lease = place.pushed().lease();
			assertThat(b.renew(lease, ContractClient.LONG)).isTrue();
			assertThat(a.withdraw(first)).isFalse();
			assertThat(place.withdraw()).isTrue();
		}
	}

}
