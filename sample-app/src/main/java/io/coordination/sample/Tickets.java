package io.coordination.sample;

import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * The concerts and tickets in the database that all instances share.
 */
@Repository
class Tickets {

	private final JdbcClient jdbc;

	Tickets(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	long nextRush() {
		return this.jdbc.sql("select next value for rush_number").query(Long.class).single();
	}

	Concert open(long rush, Concert.Kind kind, int seats, int buyers) {
		long id = this.jdbc.sql("select next value for concert_number").query(Long.class).single();
		this.jdbc.sql("insert into concert (id, rush, kind, seats, buyers) values (?, ?, ?, ?, ?)")
			.params(id, rush, kind.name(), seats, buyers)
			.update();
		return new Concert(id, rush, kind, seats, buyers);
	}

	Optional<Concert> latest(Concert.Kind kind) {
		return this.jdbc
			.sql("select id, rush, kind, seats, buyers from concert where kind = ? order by id desc limit 1")
			.param(kind.name())
			.query(Concert.class)
			.optional();
	}

	void forgetBefore(long rush) {
		this.jdbc.sql("delete from concert where rush < ?").param(rush).update();
	}

	/**
	 * Notes that buyers stand before the doors of an instance.
	 */
	void arrived(long concert, int buyers) {
		this.jdbc.sql("insert into arrival (concert, buyers) values (?, ?)").params(concert, buyers).update();
	}

	/**
	 * How many buyers stand before the doors of all instances.
	 */
	int arrivals(long concert) {
		return this.jdbc.sql("select coalesce(sum(buyers), 0) from arrival where concert = ?")
			.param(concert)
			.query(Integer.class)
			.single();
	}

	/**
	 * Reads how many seats are left.
	 */
	int seatsLeft(long concert) {
		return this.jdbc.sql("""
				select c.seats - (select count(*) from ticket t where t.concert = c.id)
				from concert c where c.id = ?""").param(concert).query(Integer.class).single();
	}

	int seats(long concert) {
		return this.jdbc.sql("select seats from concert where id = ?").param(concert).query(Integer.class).single();
	}

	/**
	 * Shows a token before reading, in a transaction of its own: from now on nobody can
	 * write who holds an older one.
	 * @throws StaleTokenException if somebody has shown a newer one
	 */
	@Transactional(propagation = Propagation.REQUIRES_NEW)
	public void announceToken(long concert, long token) {
		requireNewestToken(concert, token);
	}

	/**
	 * Lets nobody write who holds an older token than somebody who has read or written:
	 * the check that a lock alone cannot make. Locks the row until the write is
	 * committed.
	 * @throws StaleTokenException if the token is stale; nothing was written
	 */
	void requireNewestToken(long concert, long token) {
		int updated = this.jdbc.sql("update concert set last_token = :token where id = :id and last_token <= :token")
			.param("token", token)
			.param("id", concert)
			.update();
		if (updated == 0) {
			throw new StaleTokenException(concert, token, lastToken(concert));
		}
	}

	/**
	 * The newest token that somebody has shown, or 0.
	 */
	long lastToken(long concert) {
		return this.jdbc.sql("select last_token from concert where id = ?").param(concert).query(Long.class).single();
	}

	void insert(long concert, int seat, String buyer, String instance, @Nullable Long token) {
		this.jdbc.sql(
				"insert into ticket (concert, seat, buyer, instance, token) values (:concert, :seat, :buyer, :instance, :token)")
			.param("concert", concert)
			.param("seat", seat)
			.param("buyer", buyer)
			.param("instance", instance)
			.param("token", token)
			.update();
	}

	@SuppressWarnings("NullAway") // a row is never null
	List<Ticket> sold(long concert) {
		return this.jdbc.sql(
				"select id, seat, buyer, instance, cast(token as varchar) token from ticket where concert = ? order by id")
			.param(concert)
			.query(Ticket.class)
			.list();
	}

}
