package io.coordination.sample;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Two instances of the shop in processes of their own, started at the same moment, with a
 * database and a Redis or ZooKeeper that nobody else has.
 */
final class TwoShops implements AutoCloseable {

	private final ShopProcess one;

	private final ShopProcess other;

	TwoShops(Path directory, String backend, String... options) {
		List<String> all = new ArrayList<>(List.of(options));
		all.add("--coordination.backend=" + backend);
		all.add("--sample.redis-port=" + FreePorts.next());
		// Nothing listens there, even if there is a Redis on this machine
		all.add("--sample.existing-redis-port=" + FreePorts.next());
		this.one = ShopProcess.start(directory, all);
		this.other = ShopProcess.start(directory, all);
	}

	/**
	 * The instance that opened the database, without which the other cannot reach it.
	 */
	ShopProcess withDatabase() {
		// Only when both are open is it known which of them opened the database
		this.other.client();
		ShopState state = this.one.client().state();
		long pid = state.instances()
			.stream()
			.filter(ShopState.InstanceState::databaseHost)
			.findFirst()
			.orElseThrow()
			.pid();
		return (this.one.pid() == pid) ? this.one : this.other;
	}

	ShopProcess withoutDatabase() {
		return (withDatabase() == this.one) ? this.other : this.one;
	}

	ShopProcess one() {
		return this.one;
	}

	ShopProcess other() {
		return this.other;
	}

	@Override
	public void close() {
		this.one.close();
		this.other.close();
	}

}
