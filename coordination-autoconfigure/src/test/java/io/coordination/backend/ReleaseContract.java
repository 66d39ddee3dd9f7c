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
 * Sentences about locks that are given up, and about the names of locks.
 */
public abstract class ReleaseContract extends LeaseContract {

	@Test
	final void releaseFreesTheKey() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key()));
		assertThat(a.release(lease)).isTrue();
		assertThat(a.renew(lease, ContractClient.LONG)).isFalse();
		client().acquire(request(key()));
	}

	@Test
	final void releaseTwiceIsHarmless() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key()));
		assertThat(a.release(lease)).isTrue();
		assertThat(a.release(lease)).isFalse();
		client().acquire(request(key()));
		assertThat(a.release(lease)).isFalse();
		a.refused(request(key()));
	}

	@Test
	final void releaseAfterExpiryIsRefused() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key(), shortLease()));
		passWhole(shortLease());
		assertThat(a.release(lease)).isFalse();
	}

	@Test
	final void staleReleaseDoesNotFreeTheNewHolder() {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease old = a.acquire(request(key(), shortLease()));
		passWhole(shortLease());
		BackendLease held = b.acquire(request(key()));
		assertThat(a.release(old)).isFalse();
		assertThat(a.release(old, shortLease())).isFalse();
		assertThat(b.holds(held)).isTrue();
		passWhole(shortLease());
		assertThat(b.holds(held)).isTrue();
		a.refused(request(key()));
	}

	@Test
	final void keptKeyIsTakenByNobody() {
		ContractClient a = client();
		LockRequest request = request(key());
		BackendLease lease = a.acquire(request);
		assertThat(a.release(lease, ContractClient.LONG)).isTrue();
		assertThat(a.holds(lease)).isFalse();
		assertThat(a.release(lease)).isFalse();
		assertThat(a.withdraw(request)).isFalse();
		assertThat(a.refused(request(key())).holder()).isNull();
		client().refused(request(key()));
		a.refused(request);
	}

	@Test
	final void keptKeyIsFreeWhenItsTimeIsOver() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key()));
		assertThat(a.release(lease, shortLease())).isTrue();
		passWhole(shortLease());
		assertThat(client().acquire(request(key())).revision()).isGreaterThan(lease.revision());
	}

	@Test
	final void keptKeyOutlastsTheLease() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key(), shortLease()));
		assertThat(a.release(lease, ContractClient.LONG)).isTrue();
		passWhole(shortLease());
		client().refused(request(key()));
	}

	@Test
	final void withdrawalOfAHolderFreesTheKey() {
		ContractClient a = client();
		LockRequest request = request(key());
		BackendLease lease = a.acquire(request);
		assertThat(a.withdraw(request)).isTrue();
		assertThat(a.holds(lease)).isFalse();
		assertThat(a.withdraw(request)).isFalse();
		client().acquire(request(key()));
	}

	@Test
	final void withdrawalOfAStrangerChangesNothing() {
		ContractClient a = client();
		assertThat(a.withdraw(request(key()))).isFalse();
		BackendLease lease = a.acquire(request(key()));
		assertThat(client().withdraw(request(key()))).isFalse();
		assertThat(a.holds(lease)).isTrue();
	}

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
				"ẞ", "ß", "ss", "İ", "i", "ı", "日本語", "🎫", "🎫🎫", "\u200bx", "x\u00a0y", "ﬁ", "fi", base + "1",
				base + "2", base, "日".repeat(512), "🎫".repeat(256))) {
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

}
