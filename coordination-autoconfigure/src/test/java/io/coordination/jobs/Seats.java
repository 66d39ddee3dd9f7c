package io.coordination.jobs;

import org.springframework.stereotype.Service;
import reactor.core.publisher.Mono;

import io.coordination.aop.DistributedLock;
import io.coordination.jobs.Outside.SeatPlan;

/**
 * Work that goes on after the method has returned.
 */
// tag::seats[]
@Service
public class Seats {

	private final SeatPlan plan;

	Seats(SeatPlan plan) {
		this.plan = plan;
	}

	@DistributedLock(name = "seat", key = "#seat", waitTime = "5s")
	public Mono<Boolean> book(String seat, String guest) {
		return this.plan.guestOf(seat)
			.map((other) -> false)
			.switchIfEmpty(Mono.defer(() -> this.plan.assign(seat, guest).thenReturn(true)));
	}

}
// end::seats[]
