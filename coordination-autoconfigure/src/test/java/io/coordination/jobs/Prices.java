package io.coordination.jobs;

import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.stereotype.Service;

/**
 * A cache that many ask for the same value.
 */
// tag::prices[]
@Service
public class Prices {

	private final Cache cache;

	private final PriceLoader loader;

	Prices(CacheManager caches, PriceLoader loader) {
		this.cache = caches.getCache("prices");
		this.loader = loader;
	}

	public int priceOf(long sku) {
		Integer cached = this.cache.get(sku, Integer.class);
		return (cached != null) ? cached : this.loader.load(sku);
	}

}
// end::prices[]
