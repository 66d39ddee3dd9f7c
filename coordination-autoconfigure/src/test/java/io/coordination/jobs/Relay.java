package io.coordination.jobs;

import java.time.Duration;

import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

import io.coordination.aop.DistributedLock;
import io.coordination.aop.LockContext;
import io.coordination.aop.OnBusy;
import io.coordination.aop.OnLost;
import io.coordination.jobs.Outside.Outbox;

/**
 * Work that one instance does all the time.
 */
// tag::relay[]
@Component
public class Relay {

	private final Outbox outbox;

	private volatile boolean closing;

	Relay(Outbox outbox) {
		this.outbox = outbox;
	}

	@Scheduled(fixedDelayString = "${relay.retry:5s}")
	@DistributedLock(name = "relay", waitTime = "0", onBusy = OnBusy.SKIP, onLost = OnLost.INTERRUPT)
	public void beActive() throws InterruptedException {
		while (!this.closing) {
			this.outbox.forwardNext(Duration.ofSeconds(1), LockContext.current().fencingToken());
		}
	}

	@EventListener(ContextClosedEvent.class)
	public void close() {
		this.closing = true;
	}

}
// end::relay[]
