package io.coordination.jobs;

import org.springframework.cache.annotation.Cacheable;
import org.springframework.stereotype.Service;

import io.coordination.aop.DistributedLock;
import io.coordination.jobs.Outside.PriceSource;

/**
 * What is asked where the cache has no answer.
 */
// tag::loader[]
@Service
public class PriceLoader {

	private final PriceSource source;

	PriceLoader(PriceSource source) {
		this.source = source;
	}

	@DistributedLock(name = "price", key = "#sku", waitTime = "5s")
	@Cacheable("prices")
	public int load(long sku) {
		return this.source.priceOf(sku);
	}

}
// end::loader[]
