package io.coordination.jdbc;

import java.util.Optional;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.coordination.lock.StaleLockException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Rows that keep the token of who wrote them last: an old holder has token 33, and a new
 * one token 34.
 */
class FencedRowTests {

	private static final long OLD = 33;

	private static final long NEW = 34;

	private final SharedDatabase database = new SharedDatabase();

	@AfterEach
	void close() {
		this.database.close();
	}

	@Test
	void rowWithATokenOfItsOwnRefusesTheStaleHolder() {
		assertThat(writeRow(42, NEW)).isTrue();
		assertThat(writeRow(42, NEW)).isTrue();
		assertThatExceptionOfType(StaleLockException.class).isThrownBy(() -> writeRow(42, OLD))
			.withMessageStartingWith("stock 42 was not written with fencing token 33: 34 was seen");
		assertThat(this.database.quantity()).isEqualTo(34);
		assertThat(writeRow(43, OLD)).isTrue();
	}

	@Test
	void missingRowIsNotStale() {
		assertThat(writeRow(44, NEW)).isFalse();
	}

	private boolean writeRow(long sku, long token) {
		int updated = this.database.jdbc.sql("UPDATE stock SET quantity = ?, fence = ? WHERE sku = ? AND fence <= ?")
			.params(token, token, sku, token)
			.update();
		return FencingGuard.isFresh("stock " + sku, token, updated, () -> fence(sku));
	}

	private Optional<Long> fence(long sku) {
		return this.database.jdbc.sql("SELECT fence FROM stock WHERE sku = ?").param(sku).query(Long.class).optional();
	}

}
