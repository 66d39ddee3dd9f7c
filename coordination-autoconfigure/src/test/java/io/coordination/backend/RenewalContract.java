package io.coordination.backend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Sentences about leases that are to last longer.
 */
public abstract class RenewalContract extends LeaseContract {

	@Test
	final void renewalExtendsTheLease() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key(), shortLease()));
		assertThat(a.renew(lease, ContractClient.LONG)).isTrue();
		passWhole(shortLease());
		assertThat(a.holds(lease)).isTrue();
		client().refused(request(key()));
	}

	@Test
	final void renewalNeverShortensTheLease() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key()));
		assertThat(a.renew(lease, shortLease())).isTrue();
		passWhole(shortLease());
		assertThat(a.holds(lease)).isTrue();
		client().refused(request(key()));
	}

	@Test
	final void renewalForNoTimeOnlyAsks() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key(), shortLease()));
		assertThat(a.renew(lease, Duration.ZERO)).isTrue();
		a.refused(request(key()));
		die(a, shortLease());
		assertThat(a.renew(lease, Duration.ZERO)).isFalse();
		client().acquire(request(key()));
	}

	@Test
	final void renewalAfterExpiryIsRefused() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key(), shortLease()));
		die(a, shortLease());
		assertThat(a.renew(lease, ContractClient.LONG)).isFalse();
		client().acquire(request(key()));
	}

	@Test
	final void renewalAfterTakeoverIsRefusedAndLeavesTheNewHolderAlone() {
		ContractClient a = client();
		ContractClient b = client();
		BackendLease old = a.acquire(request(key(), shortLease()));
		die(a, shortLease());
		BackendLease held = b.acquire(request(key(), shortLease()));
		assertThat(a.renew(old, ContractClient.LONG)).isFalse();
		die(b, shortLease());
		assertThat(b.holds(held)).isFalse();
	}

	@Test
	final void renewalOfAnEarlierGrantOfTheSameOwnerIsRefused() {
		ContractClient a = client();
		LockRequest request = request(key(), shortLease());
		BackendLease old = a.acquire(request);
		die(a, shortLease());
		BackendLease held = a.acquire(again(request, ContractClient.LONG));
		assertThat(a.holds(old)).isFalse();
		assertThat(a.holds(held)).isTrue();
	}

	@Test
	final void renewalAfterReleaseDoesNotReviveTheLock() {
		ContractClient a = client();
		BackendLease lease = a.acquire(request(key()));
		assertThat(a.release(lease)).isTrue();
		assertThat(a.renew(lease, ContractClient.LONG)).isFalse();
		client().acquire(request(key()));
	}

	@Test
	final void renewalOfAKeptKeyIsRefused() {
		ContractClient a = client();
		assumeThat(a.backend().traits().expiry()).as("no key is kept for nobody").isEqualTo(BackendTraits.Expiry.LEASE);
		BackendLease lease = a.acquire(request(key()));
		assertThat(a.release(lease, shortLease())).isTrue();
		assertThat(a.renew(lease, ContractClient.LONG)).isFalse();
		passWhole(shortLease());
		client().acquire(request(key()));
	}

	@Test
	final void renewalAcrossNamespacesAndClientsIsOneAnswer() {
		ContractClient a = client();
		// A lease of another session is lost to this one
		ContractClient b = (a.backend().traits().expiry() == BackendTraits.Expiry.LEASE) ? client() : a;
		LockKey elsewhere = new LockKey(key().namespace() + "-other", key().name());
		BackendLease first = a.acquire(request(key()));
		BackendLease second = b.acquire(request(elsewhere));
		BackendLease third = a.acquire(request(key("third")));
		assertThat(a.release(third)).isTrue();
		Renewal renewal = ContractClient.answer(a.backend().renew(List.of(third, second, first), ContractClient.LONG));
		assertThat(renewal).isEqualTo(new Renewal(Set.of(first.owner(), second.owner()), Set.of(third.owner())));
	}

	@Test
	final void renewalOfManyTellsTheKeptFromTheLost() {
		ContractClient a = client();
		List<BackendLease> leases = new ArrayList<>();
		for (int i = 0; i < 600; i++) {
			leases.add(a.acquire(request(key("many-" + i))));
		}
		Set<OwnerId> kept = new HashSet<>();
		Set<OwnerId> lost = new HashSet<>();
		List<CompletionStage<Boolean>> releases = new ArrayList<>();
		for (int i = 0; i < leases.size(); i++) {
			boolean release = i % 3 == 1;
			(release ? lost : kept).add(leases.get(i).owner());
			if (release) {
				releases.add(a.backend().release(leases.get(i), Duration.ZERO));
			}
		}
		releases.forEach((release) -> assertThat(ContractClient.answer(release)).isTrue());
		Renewal asked = ContractClient.answer(a.backend().renew(leases, Duration.ZERO));
		assertThat(asked.kept()).isEqualTo(kept);
		assertThat(asked.lost()).isEqualTo(lost);
		assertThat(ContractClient.answer(a.backend().renew(leases, ContractClient.LONG))).isEqualTo(asked);
	}

	@Test
	final void renewalOfManyExtendsEachOfThem() {
		ContractClient a = client();
		Duration lease = shortLease().multipliedBy(6);
		List<CompletionStage<Attempt>> attempts = new ArrayList<>();
		for (int i = 0; i < 300; i++) {
			attempts.add(a.backend().tryAcquire(request(key("many-" + i), lease)));
		}
		List<BackendLease> leases = attempts.stream().map(ContractClient::answer).map(ContractClient::granted).toList();
		Renewal renewal = ContractClient.answer(a.backend().renew(leases, ContractClient.LONG));
		assumeThat(renewal.lost()).as("this machine was slow").isEmpty();
		assertThat(renewal.kept()).hasSize(300);
		passWhole(lease);
		assertThat(ContractClient.answer(a.backend().renew(leases, Duration.ZERO))).isEqualTo(renewal);
	}

	@Test
	final void renewalOfNothingIsAnsweredWithNothing() {
		assertThat(ContractClient.answer(client().backend().renew(List.of(), ContractClient.LONG)))
			.isEqualTo(new Renewal(Set.of(), Set.of()));
	}

}
