package io.coordination.zookeeper;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import io.coordination.backend.Attempt;
import io.coordination.backend.LockKey;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is left when nobody wants anything any more: nothing in the server but containers,
 * which it removes itself, and nothing in the process.
 */
class LeftoverTests extends ZookeeperFixture {

	private final ZookeeperProcess a = process(new ZookeeperLockSettings(Duration.ofSeconds(60), Duration.ofSeconds(10),
			Duration.ofSeconds(30), ROOT, ZookeeperLockSettings.Access.OPEN));

	@Test
	void waitersThatWereServedLeaveNothing() throws Exception {
		List<LockKey> keys = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			keys.add(key("served-" + i));
		}
		for (LockKey key : keys) {
			ZookeeperLease held = this.a.acquire(request(key));
			ZookeeperProcess.Place place = this.a.enqueue(request(key));
			place.pollInVain();
			assertThat(this.a.release(held)).isTrue();
			assertThat(this.a.release(place.pushed())).isTrue();
		}
		assertNothingIsLeft();
	}

	@Test
	void waitersThatGiveUpWhileALockIsHeldLeaveOneWatch() throws Exception {
		ZookeeperLease held = this.a.acquire(request());
		for (int i = 0; i < 200; i++) {
			ZookeeperProcess.Place place = this.a.enqueue(request());
			place.pollInVain();
			assertThat(this.a.withdraw(place.waiting().request())).isFalse();
		}
		assertThat(nodes()).hasSize(1);
		assertThat(watches()).isEqualTo(1);
		patiently().until(() -> this.a.leftovers() == 1);
		assertThat(this.a.release(held)).isTrue();
		assertNothingIsLeft();
	}

	@Test
	void refusedOwnersLeaveNothing() throws Exception {
		ZookeeperLease held = this.a.acquire(request());
		for (int i = 0; i < 50; i++) {
			assertThat(this.a.tryAcquire(request())).isInstanceOf(Attempt.Busy.class);
		}
		assertThat(nodes()).hasSize(1);
		assertThat(watches()).isZero();
		assertThat(this.a.release(held)).isTrue();
		assertNothingIsLeft();
	}

	@Test
	void placesThatWereNeverPolledLeaveNothing() {
		for (int i = 0; i < 50; i++) {
			this.a.enqueue(request());
		}
		assertThat(this.a.leftovers()).isZero();
	}

	private void assertNothingIsLeft() throws Exception {
		// A request is forgotten just after its answer
		patiently().until(() -> this.a.leftovers() == 0);
		assertThat(this.a.session().zooKeeper().getEphemerals()).isEmpty();
		// The news that a node is gone may still be on its way to the server's table
		patiently().until(() -> watches() == 0);
	}

	/**
	 * How many watches there are in the server.
	 */
	private static int watches() throws Exception {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server().port());
				OutputStream out = socket.getOutputStream();
				InputStream in = socket.getInputStream()) {
			out.write("wchs".getBytes(StandardCharsets.US_ASCII));
			String answer = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
			assertThat(answer).contains("Total watches:");
			return Integer.parseInt(answer.substring(answer.indexOf("Total watches:") + 14).strip());
		}
	}

}
