package io.coordination.jobs;

import java.time.Duration;

import reactor.core.publisher.Mono;

/**
 * What the jobs call that is no database.
 */
interface Outside {

	/** A mail server. */
	interface Mailboxes {

		void open(String email);

	}

	/** A payment provider. */
	interface PaymentProvider {

		void refund(long payment, String idempotencyKey);

	}

	/** A slow source of prices. */
	interface PriceSource {

		int priceOf(long sku);

	}

	/** Messages on their way to somebody else. */
	interface Outbox {

		void forwardNext(Duration patience, long fencingToken) throws InterruptedException;

	}

	/** A remote plan of seats. */
	interface SeatPlan {

		Mono<String> guestOf(String seat);

		Mono<Void> assign(String seat, String guest);

	}

}
