package io.coordination.sample;

import java.util.Map;

import io.coordination.lock.LockNotAcquiredException;

import org.springframework.dao.EmptyResultDataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * What the page calls. Changes are asked for with a JSON body: a page of another site
 * cannot send one here.
 */
@RestController
@RequestMapping("/api")
class ShopController {

	private final Shop shop;

	private final BoxOffice boxOffice;

	private final SampleProperties properties;

	ShopController(Shop shop, BoxOffice boxOffice, SampleProperties properties) {
		this.shop = shop;
		this.boxOffice = boxOffice;
		this.properties = properties;
	}

	@PostMapping(path = "/concerts/{concert}/with-lock", consumes = MediaType.APPLICATION_JSON_VALUE)
	Answer sellWithLock(@PathVariable long concert, @RequestBody Buyer buyer) throws InterruptedException {
		return Answer.of(this.boxOffice.sellWithLock(concert, buyer.buyer(), thinking()));
	}

	@PostMapping(path = "/concerts/{concert}/without-lock", consumes = MediaType.APPLICATION_JSON_VALUE)
	Answer sellWithoutLock(@PathVariable long concert, @RequestBody Buyer buyer) throws InterruptedException {
		return Answer.of(this.boxOffice.sellWithoutLock(concert, buyer.buyer(), thinking()));
	}

	private BoxOffice.Thinking thinking() {
		return BoxOffice.Thinking.of(this.properties.thinkTime());
	}

	@GetMapping("/state")
	ShopState state() {
		return this.shop.state();
	}

	@PostMapping(path = "/rush", consumes = MediaType.APPLICATION_JSON_VALUE)
	void rush(@RequestBody Rush rush) {
		if (rush.buyers() < 1 || rush.buyers() > 1000 || rush.seats() < 1 || rush.seats() > 400) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST,
					"A rush has 1 to 1000 buyers and 1 to 400 seats, not " + rush.buyers() + " and " + rush.seats());
		}
		this.shop.rush(rush.buyers(), rush.seats());
	}

	@PostMapping(path = "/slow-buyer", consumes = MediaType.APPLICATION_JSON_VALUE)
	void slowBuyer(@RequestBody At at) throws InterruptedException {
		if (!this.shop.slowBuyer(at.instance())) {
			throw new ResponseStatusException(HttpStatus.BAD_GATEWAY, "Instance " + at.instance() + " does not answer");
		}
	}

	@PostMapping(path = "/late-sale", consumes = MediaType.APPLICATION_JSON_VALUE)
	Map<String, String> lateSale() {
		return Map.of("answer", this.shop.lateSale());
	}

	@ExceptionHandler
	ProblemDetail busy(LockNotAcquiredException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, String.valueOf(ex.getMessage()));
	}

	@ExceptionHandler
	ProblemDetail unknown(EmptyResultDataAccessException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.NOT_FOUND, "There is no such concert or instance");
	}

	record Rush(int buyers, int seats) {

	}

	record Buyer(String buyer) {

	}

	record At(String instance) {

	}

	record Answer(String answer) {

		static Answer of(boolean sold) {
			return new Answer(sold ? "sold" : "sold out");
		}

	}

}
