//! A gRPC codec whose requests are already encoded.

use bytes::{BufMut, Bytes};
use prost::Message;
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

use super::message::ExportMetricsServiceResponse;

#[derive(Clone, Copy, Debug)]
pub(super) struct EncodedRequest;

impl Codec for EncodedRequest {
    type Encode = Bytes;
    type Decode = ExportMetricsServiceResponse;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for EncodedRequest {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, request: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(request);
        Ok(())
    }
}

impl Decoder for EncodedRequest {
    type Item = ExportMetricsServiceResponse;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<ExportMetricsServiceResponse>, Status> {
        match ExportMetricsServiceResponse::decode(from) {
            Ok(response) => Ok(Some(response)),
            Err(error) => Err(Status::internal(format!("the answer is no ExportMetricsServiceResponse: {error}"))),
        }
    }
}
