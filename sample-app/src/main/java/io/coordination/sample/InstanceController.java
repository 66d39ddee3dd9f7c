package io.coordination.sample;

import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * What the instances ask each other.
 */
@RestController
@RequestMapping("/api/instance")
class InstanceController {

	private final Shop shop;

	private final Crowd crowd;

	InstanceController(Shop shop, Crowd crowd) {
		this.shop = shop;
		this.crowd = crowd;
	}

	@GetMapping("/state")
	LocalState state() {
		return this.shop.localState();
	}

	@PostMapping(path = "/rush", consumes = MediaType.APPLICATION_JSON_VALUE)
	void rush(@RequestBody Crowd.Share share) {
		this.crowd.rush(share);
	}

	@PostMapping(path = "/slow-buyer", consumes = MediaType.APPLICATION_JSON_VALUE)
	void slowBuyer(@RequestBody Peers.SlowBuyer buyer) {
		this.crowd.slowBuyer(buyer.concert(), buyer.buyer());
	}

}
